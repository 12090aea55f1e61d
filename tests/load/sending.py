"""A small workload, its right answer, and scripts made of it."""

import httpx

from bench.load.scripts.script import Script
from bench.workload import Checked, Exchange

BODY = b'{"id":1}'
RIGHT = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n" + BODY


def answer(body: bytes, head: bytes = b"200 OK") -> bytes:
    """A response whose content-length is right."""
    return b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (head, len(body), body)


def exchange(method: str = "GET", content: bytes = b"", *, body: bytes = BODY) -> Exchange:
    """One request whose right answer is `body`."""
    request = httpx.Request(method, "http://127.0.0.1/items/1", content=content)
    return Exchange(request, Checked(lambda r: None if r.content == body else "another body"))


def script(*exchanges: Exchange) -> Script:
    """These exchanges; else one GET whose right answer is BODY."""
    return Script(exchanges or [exchange()], seed=1)
