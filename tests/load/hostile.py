"""What a hostile server may send: strategies for property tests, from nearly right to noise."""

import itertools
import os
import zlib

from hypothesis import settings
from hypothesis import strategies as st

EFFORT = int(os.environ.get("WEIGHBRIDGE_FUZZ", "1"))
"""How many times as many examples as in an ordinary run."""

STATUS_LINES = [
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200 ", b"HTTP/1.1 200", b"HTTP/1.0 200 OK", b"HTTP/1.1 404 No",
    b"HTTP/1.1 204 No Content", b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 302 Found",
    b"HTTP/1.1 100 Continue", b"HTTP/1.1 103 Hints", b"HTTP/1.1 101 Switching", b"HTTP/0.9 200 OK",
    b"HTTP/1.1 200 \xff\x80", b"HTTP/1.1 099 x", b"HTTP/1.1 999 x", b"HTTP/1.1 2000 x", b"200 OK",
    b"HTTP/2 200 OK", b"HTTP/2.0 200 OK", b"HTTP/1.1  200 OK", b"http/1.1 200 OK", b"ICY 200 OK",
    b"RTSP/1.0 200 OK", b"HTTP/1.1 -20 x", b"HTTP/1.1 200\tOK", b"", b" HTTP/1.1 200 OK",
]  # fmt: skip
LOCATIONS = [
    b"//[", b"http://\xff\xfe/", b"http://[::1", b"\\\\x", b"http://x:99999999/", b"h:p", b"",
    b"http://" + b"a" * 300 + b"/", b"http:///x", b"//xn--/", b"http://xn--zz--/",
    b"//\xe2\x98\x83",
]  # fmt: skip
LINES = [
    b"content-length: 0", b"content-length: 2", b"Content-Length: 5", b"content-length: 05",
    b"content-length: +5", b"content-length: -5", b"content-length: 5 ", b"content-length:\t5",
    b"content-length : 5", b"content-length: 5, 5", b"content-length: 5_0", b"content-length: 0x5",
    b"content-length:", b"content-length: 99999999999999999999", b"content-length: 1073741824",
    b"content-length: \xb2", b"content-length: 5\r\n 5", b"content-length: " + b"9" * 5000,
    b"transfer-encoding: chunked", b"Transfer-Encoding: CHUNKED", b"transfer-encoding: identity",
    b"transfer-encoding: gzip, chunked", b"transfer-encoding: chunked, gzip", b"te: chunked",
    b"transfer-encoding: chunked\r\ntransfer-encoding: identity", b"transfer-encoding:\r\n chunked",
    b"transfer-encoding: xchunked", b"transfer-encoding: chunked;q=1", b"transfer-encoding:",
    b"connection: close", b"connection: keep-alive", b"Connection: Upgrade, close",
    b"connection: upgrade\r\nupgrade: h2c", b"proxy-connection: close", b"connection: \xff",
    b"content-encoding: gzip", b"content-encoding: deflate", b"content-encoding: gzip, gzip",
    b"content-encoding: br", b"content-encoding: zstd", b"content-encoding: identity, \xff,,",
    b"content-type: text/plain; charset=\xff", b"content-type: text/plain; charset=hex",
    b"content-type: text/plain; charset=utf-16", b"content-type: application/json; charset=idna",
    *(b"location: " + location for location in LOCATIONS),
    b"set-cookie: a=b; max-age=" + b"9" * 5000, b"set-cookie: a=b; expires=1 Jan 99999 0:0:0",
    b'set-cookie: =; domain=.; port="x"; version=1', b"set-cookie2: a=b; version=x; port",
    b"x: folded\r\n\tvalue", b"x: \x00", b"x: a\rb", b"x: \xff", b"\xff: x", b": x", b"no colon",
    b"x" * 200 + b": y", b"trailer: x", b"keep-alive: timeout=0",
]  # fmt: skip
BODIES = [
    b"", b"hi", b"hello", b'{"id":1}', b"\r\n\r\n", b"2\r\nhi\r\n0\r\n\r\n", b"0\r\n\r\n",
    b"5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n", b'2;a="b;\\""\r\nhi\r\n0\r\n\r\n', b"2\nhi\n0\n\n",
    b"02\r\nhi\r\n00\r\n\r\n", b"2 \r\nhi\r\n0\r\n\r\n", b"+2\r\nhi\r\n0\r\n\r\n",
    b"0x2\r\nhi\r\n0\r\n\r\n", b"2\r\nhiXX0\r\n\r\n", b"ffffffffffffffffff\r\nhi\r\n0\r\n\r\n",
    b"2\r\nhi\r\n0\r\ncontent-length: 9\r\n\r\n", b"2\r\nhi\r\n0\r\nbad trailer\r\n\r\n",
    b"7fffffffffffffff\r\nhi", b"-1\r\nhi\r\n0\r\n\r\n", b"\x1f\x8b\x08garbage", b"\xff\xfe[",
]  # fmt: skip
NOISE = [b"\n", b"\r", b"\r\n", b"\r\n\r\n", b"\x00", b" ", b"\t", b":", b"\xff", b"HTTP/1.1 "]


def effort(examples: int) -> settings:
    """So many examples in an ordinary run, and many times as many in a long one."""
    return settings(max_examples=examples * EFFORT)


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """One to three heads of known parts, and what may follow them."""
    raw = b""
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        lines = draw(st.lists(st.sampled_from(LINES), max_size=4))
        raw += b"\r\n".join([draw(st.sampled_from(STATUS_LINES)), *lines, b"", b""])
    return raw + draw(st.one_of(st.sampled_from(BODIES), st.binary(max_size=30)))


@st.composite
def likely_responses(draw: st.DrawFn) -> bytes:
    """Mostly right: a common status line, at most one framing, and a body that may fit it."""
    interim = draw(st.sampled_from([b"", b"", b"", b"HTTP/1.1 103 x\r\nlink: x\r\n\r\n"]))
    status = draw(st.sampled_from(STATUS_LINES[:12]))
    body = draw(st.one_of(st.sampled_from(BODIES), st.binary(max_size=30)))
    framing = draw(
        st.sampled_from([
            [b"content-length: %d" % len(body)], [b"transfer-encoding: chunked"], [],
        ])
    )  # fmt: skip
    others = draw(st.lists(st.sampled_from(LINES[-50:]), max_size=2))
    if framing == [b"transfer-encoding: chunked"] and draw(st.booleans()):
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    return interim + b"\r\n".join([status, *framing, *others, b"", body])


@st.composite
def mutated(draw: st.DrawFn, of: st.SearchStrategy[bytes]) -> bytes:
    """A response into which bytes were put, from which some were cut, or all CRs were taken."""
    raw = draw(of)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw)))
        gone = draw(st.sampled_from([0, 0, 1, 2, 10]))
        noise = draw(st.one_of(st.sampled_from(NOISE), st.binary(max_size=3)))
        raw = raw[:at] + noise + raw[at + gone :]
    return raw.replace(b"\r\n", b"\n") if draw(st.integers(0, 9)) == 0 else raw


ANYTHING = st.one_of(
    likely_responses(),
    responses(),
    mutated(likely_responses()),
    mutated(responses()),
    st.binary(max_size=100),
)


def cut(raw: bytes, places: set[int]) -> list[bytes]:
    """The pieces of `raw` between some places, none of them empty."""
    edges = sorted({0, len(raw), *(place % (len(raw) + 1) for place in places)})
    return [raw[start:end] for start, end in itertools.pairwise(edges)]


CUTS = st.sets(st.integers(0, 500), max_size=8)


def gibibyte(format_: int) -> bytes:
    """One GiB of zeros, compressed a thousandfold; its end is missing, which nobody is to reach."""
    compressing = zlib.compressobj(9, zlib.DEFLATED, format_)
    first, again = (
        compressing.compress(bytes(2**20)) + compressing.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + again * 1023
