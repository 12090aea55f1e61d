"""Judging any answer: an outcome and a short note, in bounded memory and time."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.http1.wire import Head, parse_head
from bench.load.net.answer import AnswerDecoder, BombError
from bench.load.net.limits import MAX_BODY, MalformedResponseError
from bench.load.reckoning.samples import Code
from bench.load.scripts.script import Script, ScriptLine
from bench.system import clock
from bench.workload import Checked, Created, Exchange
from tests.load.hostile import BODIES, LINES, effort, gibibyte
from tests.load.sending import BODY, exchange

MIB = 1024 * 1024
NS = 1_000_000_000
REQUEST = httpx.Request("GET", "http://127.0.0.1/items/1")
CODINGS = [b"gzip", b"deflate", b"br", b"zstd", b"identity", b"GZIP ", b"gzip, gzip", b"x, gzip",
           b"gzip, identity", b"", b",", b"\xff", b"compress", b"gzip;q=1"]  # fmt: skip

PACKERS: list[Callable[[bytes], bytes]] = [gzip.compress, zlib.compress]


def encoded(body: bytes, coding: bytes = b"gzip") -> tuple[Head, bytes]:
    """An answer whose body is said to be encoded so."""
    headers = ((b"Content-Encoding", coding),)
    return Head(200, len(body), keep_alive=True, headers=headers), body


def curious() -> Exchange:
    """A line whose check looks at all that can be looked at in an answer."""

    def check(response: httpx.Response) -> str | None:
        seen = (response.text, response.cookies, response.links, response.next_request)
        return f"{seen}{response.headers}{response.charset_encoding}{response.json()}"

    return Exchange(REQUEST, Checked(check))


def creating() -> Exchange:
    """An exchange that creates an item, though its right status is 200."""
    request = httpx.Request("POST", "http://127.0.0.1/items", json={"name": "x"})
    answer = Created(set(), {"name": "x"})
    object.__setattr__(answer, "status", 200)
    return Exchange(request, answer)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """A body: noise, JSON, or either encoded, cut off, or followed by more."""
    body = draw(st.one_of(st.binary(max_size=50), st.sampled_from([*BODIES, BODY, b"[" * 99_999])))
    for pack in draw(st.lists(st.sampled_from(PACKERS), max_size=2)):
        body = pack(body)
    return body[: draw(st.sampled_from([None, None, 5, -1]))] + draw(st.sampled_from([b"", b"x"]))


@effort(150)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(LINES), st.sampled_from(CODINGS).map(b"content-encoding: ".__add__)
        ),
        max_size=4,
    ),
    contents(),
    st.sampled_from([curious, exchange, creating]),
)
def test_any_head_and_body_have_an_outcome(
    lines: list[bytes], body: bytes, make: Callable[[], Exchange]
) -> None:
    """Bad encodings, character sets, redirects, cookies: none is more than a wrong body."""
    raw = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])
    try:
        head = parse_head(raw, bodiless=False)
    except MalformedResponseError:
        return
    notes: list[str] = []
    line = ScriptLine(make())
    assert line.recognises(head.status, body, head.headers) is False
    code = line.judge(head, body, notes.append)
    assert code in {Code.OK, Code.WRONG_BODY, Code.WRONG_STATUS}
    assert len(notes) == (code is not Code.OK)
    assert all(len(note) < 1000 for note in notes)


def peak_of(line: ScriptLine, head: Head, body: bytes) -> tuple[Code, int, str]:
    """Judge an answer: the outcome, the most memory it took, and the note."""
    notes: list[str] = []
    tracemalloc.start()
    try:
        code = line.judge(head, body, notes.append)
        return code, tracemalloc.get_traced_memory()[1], "".join(notes)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("coding", "format_"),
    [(b"gzip", 31), (b"deflate", 15), (b"deflate", -15)],
    ids=["gzip", "deflate", "raw deflate"],
)
def test_a_bomb_is_given_up_when_it_becomes_too_large(coding: bytes, format_: int) -> None:
    """Of 1 GiB no more is unpacked than the largest body; twice that is held for a moment."""
    head, body = encoded(gibibyte(format_), coding)
    code, peak, note = peak_of(ScriptLine(exchange()), head, body)
    assert code is Code.WRONG_BODY
    assert "decoded" in note
    assert peak < 3 * MAX_BODY


@pytest.mark.parametrize("coding", [b"gzip, gzip", b"gzip,deflate, gzip", b"GZIP, identity, gzip"])
def test_what_was_encoded_twice_is_not_unpacked(coding: bytes) -> None:
    """Two kilobytes would become a gigabyte at the first step."""
    head, body = encoded(gzip.compress(gibibyte(31)), coding)
    code, peak, note = peak_of(ScriptLine(exchange()), head, body)
    assert code is Code.WRONG_BODY
    assert "more than once" in note
    assert peak < MIB


def test_all_lines_learn_from_one_bomb() -> None:
    """A server that has sent one costs little time after it, and small answers are still right."""
    head, body = encoded(gibibyte(31))
    first, second = Script([exchange(), exchange("DELETE")], seed=1).lines
    first.judge(head, body, lambda _: None)
    code, peak, _ = peak_of(second, head, body)
    assert code is Code.WRONG_BODY
    assert peak < 4 * MIB
    assert second.judge(*encoded(gzip.compress(BODY)), lambda _: None) is Code.OK


def test_what_follows_an_encoded_body_costs_no_time() -> None:
    """16 MiB after its end: decoders of httpx copy them again with each piece."""
    head, body = encoded(gzip.compress(BODY) + bytes(16 * MIB))
    began = clock.monotonic_ns()
    assert ScriptLine(exchange()).judge(head, body, lambda _: None) is Code.OK
    assert clock.monotonic_ns() - began < 2 * NS


def test_an_unknown_encoding_costs_no_time() -> None:
    """What only httpx may know is decoded in small pieces, and not at all when it is large."""
    head, body = encoded(bytes(16 * MIB), b"br")
    began = clock.monotonic_ns()
    assert ScriptLine(exchange()).judge(head, body, lambda _: None) is Code.WRONG_BODY
    assert clock.monotonic_ns() - began < 2 * NS


@pytest.mark.parametrize(
    ("coding", "format_"),
    [(b"gzip", 31), (b"Deflate", 15), (b"deflate", -15)],
    ids=["gzip", "deflate", "raw deflate"],
)
def test_what_httpx_decodes_is_decoded_alike(coding: bytes, format_: int) -> None:
    """The content is httpx's, and the headers are those that were sent."""
    compressing = zlib.compressobj(wbits=format_)
    body = compressing.compress(BODY) + compressing.flush()
    headers = [(b"Content-Encoding", coding), (b"X", b"1"), (b"content-length", b"%d" % len(body))]
    ours = AnswerDecoder().whole(200, headers, body, REQUEST)
    theirs = httpx.Response(200, headers=headers, content=body)
    assert ours.content == theirs.content == BODY
    assert ours.headers.raw == theirs.headers.raw == headers


def test_a_bomb_is_an_error_of_httpx() -> None:
    """So that whoever calls the transport need not know of it."""
    with pytest.raises(httpx.DecodingError):
        AnswerDecoder().whole(200, [(b"content-encoding", b"gzip")], gibibyte(31), REQUEST)
    assert issubclass(BombError, httpx.DecodingError)
