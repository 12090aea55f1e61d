"""Requests as bytes, and response heads."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bench.load.http1.wire import Head, Heads, parse_head, request_bytes
from bench.load.net.limits import MalformedResponseError

URL = "http://127.0.0.1:8000/items"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            httpx.Request("GET", f"{URL}/7"),
            b"GET /items/7 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n",
        ),
        (
            httpx.Request("GET", URL, params={"q": "a b", "n": "1"}),
            b"GET /items?q=a+b&n=1 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n",
        ),
        (
            httpx.Request("GET", "http://127.0.0.1:8000/caf\u00e9/\u2603"),
            b"GET /caf%C3%A9/%E2%98%83 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n",
        ),
        (
            httpx.Request("GET", "http://[::1]:8000"),
            b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
        ),
        (
            httpx.Request("POST", URL, json={"name": "\u00fc"}),
            (
                b"POST /items HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 13\r\n"
                b'Content-Type: application/json\r\n\r\n{"name":"\xc3\xbc"}'
            ),
        ),
        (
            httpx.Request("POST", URL, content=b"", headers={"X-One": "1"}),
            (
                b"POST /items HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 0\r\n"
                b"X-One: 1\r\n\r\n"
            ),
        ),
    ],
    ids=["get", "query", "unicode-path", "ipv6", "json", "empty-body"],
)
def test_a_request_is_these_bytes(request_: httpx.Request, expected: bytes) -> None:
    """Head and body, as httpx would send them, in one piece."""
    assert request_bytes(request_) == expected


def test_streamed_content_is_sent_with_its_length() -> None:
    """Chunks are joined: what is sent in the window is one write of known bytes."""

    def pieces() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    request = httpx.Request("PUT", URL, content=pieces())
    assert request.headers["transfer-encoding"] == "chunked"
    assert request_bytes(request) == (
        b"PUT /items HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 6\r\n\r\nonetwo"
    )


def test_asynchronous_content_is_refused_in_words() -> None:
    """Requests are compiled where no event loop runs."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"

    with pytest.raises(ValueError, match="must not be asynchronous"):
        request_bytes(httpx.Request("PUT", URL, content=pieces()))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", (200, 5, True, False)),
        (b"HTTP/1.1 200\r\ncontent-length: 0\r\n", (200, 0, True, False)),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n", (200, 5, False, False)),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n", (200, None, True, False)),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n", (200, None, True, False)),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n",
            (200, None, False, False),
        ),
        (b"HTTP/1.1 200 OK\r\n", (200, None, False, True)),
        (b"HTTP/1.0 200 OK\r\n", (200, None, False, True)),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n", (200, 5, False, False)),
        (
            b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive\r\n",
            (200, 5, True, False),
        ),
        (b"HTTP/1.1 200 \r\nconnection: x, Close\r\ncontent-length: 0\r\n", (200, 0, False, False)),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n", (200, 0, False, False)),
        (b"HTTP/1.1 204 No Content\r\n", (204, 0, True, False)),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n", (304, 0, True, False)),
        (b"HTTP/1.1 100 Continue\r\n", (100, None, False, True)),
    ],
)
def test_a_head_says_where_the_body_ends(
    raw: bytes, expected: tuple[int, int | None, bool, bool]
) -> None:
    """Status, length, whether the connection lives on, whether its end is the body's."""
    head = parse_head(raw + b"\r\n", bodiless=False)
    assert (head.status, head.length, head.keep_alive, head.until_close) == expected


def test_the_answer_to_head_has_no_body_whatever_it_says() -> None:
    """Its content-length is that of the answer to GET."""
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    expected = Head(200, 0, keep_alive=True, headers=((b"Content-Length", b"5"),))
    assert parse_head(raw, bodiless=True) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 099 Less\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n\r\n",
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_no_head_is_malformed(raw: bytes) -> None:
    """Whatever the parser dislikes is one kind of error, an upgrade nobody asked for included."""
    with pytest.raises(MalformedResponseError):
        parse_head(raw, bodiless=False)


def test_a_head_is_parsed_once() -> None:
    """The same bytes give the same object, which is what makes recognising it cheap."""
    heads, raw = Heads(), b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
    learned = heads.learn(raw)
    assert heads.get(raw) is learned


def test_heads_are_remembered_within_bounds() -> None:
    """A server whose heads never repeat, or are huge, does not fill the memory."""
    heads = Heads()
    raws = [b"HTTP/1.1 200 OK\r\nx: %d\r\n\r\n" % number for number in range(3000)]
    for raw in raws:
        heads.learn(raw)
    assert sum(heads.get(raw) is not None for raw in raws) <= 1024
    huge = b"HTTP/1.1 200 OK\r\nx: %b\r\n\r\n" % (b"y" * 5000)
    heads.learn(huge)
    assert heads.get(huge) is None
