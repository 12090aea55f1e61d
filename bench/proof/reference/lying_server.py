"""A server that lies to every n-th request, in the way that the URL names, and owns up to it.

GET /LIE/N is answered correctly but for one request in N; GET /committed says how often it has lied
in which way. Run as `python -m bench.proof.reference.lying_server PORT`; it serves until it is
killed.
"""

import asyncio
import json
import socket
import struct
import sys
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final

from bench.proof.reference.null_server import BODY, RESPONSE

COMMITTED: Final = "/committed"
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER for no time at all: RST in place of FIN
_ENDLESS_BYTES: Final = 16 * 1024 * 1024  # even what has no end has a limit here
_CLOSE: Final = b"onnection: close"


class Lie(StrEnum):
    """What can be wrong with an answer; the last two are no lies, and must not be taken for any."""

    WRONG_BODY = "wrong-body"
    WRONG_STATUS = "wrong-status"
    TRUNCATED_BODY = "truncated-body"
    TOO_LONG_A_BODY = "too-long-a-body"
    LENGTH_TOO_LARGE = "length-too-large"
    TWO_ANSWERS = "two-answers"
    NO_ANSWER = "no-answer"
    RESET_IN_BODY = "reset-in-body"
    ENDLESS_HEAD = "endless-head"
    ANSWER_AND_CLOSE = "answer-and-close"
    ONE_BYTE_AT_A_TIME = "one-byte-at-a-time"


_committed: Counter[Lie] = Counter()
_seen: Counter[bytes] = Counter()


async def _handle(reader: StreamReader, writer: StreamWriter) -> None:
    """Serve one connection until either side ends it."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while not writer.is_closing():
            request = await reader.readuntil(b"\r\n\r\n")
            await _answer(request.split(b" ", 2)[1], writer)
            if _CLOSE in request:
                break
    writer.close()


async def _answer(path: bytes, writer: StreamWriter) -> None:
    if path == COMMITTED.encode():
        writer.write(_response(json.dumps(_committed).encode()))
        return
    _seen[path] += 1
    lie = _due_lie(path)
    if lie is None:
        writer.write(RESPONSE)
    else:
        _committed[lie] += 1
        await _LIES[lie](writer)


def _due_lie(path: bytes) -> Lie | None:
    """Which lie the request that was seen last gets: the one in the middle of every N."""
    _, kind, every, *_ = (path + b"//").split(b"/")
    if not every or _seen[path] % int(every) != int(every) // 2:
        return None
    return Lie(kind.decode())


def _response(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


def _sending(response: bytes) -> Callable[[StreamWriter], Awaitable[None]]:
    async def send(writer: StreamWriter) -> None:
        writer.write(response)

    return send


async def _nothing(_: StreamWriter) -> None:
    """Wait for what comes next, which is the client's end."""


async def _send_and_close(writer: StreamWriter) -> None:
    """Send the answer and the end of the connection in one segment: there is nothing in between."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    writer.write(RESPONSE)
    writer.close()


async def _truncate(writer: StreamWriter) -> None:
    writer.write(RESPONSE[:-2])
    writer.close()


async def _reset(writer: StreamWriter) -> None:
    writer.write(RESPONSE[:-2])
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _endless(writer: StreamWriter) -> None:
    writer.write(RESPONSE.partition(b"\r\n")[0])
    for _ in range(_ENDLESS_BYTES // 1024):
        writer.write(b"\r\nx-more: " + b"y" * 1014)
        await writer.drain()


async def _dribble(writer: StreamWriter) -> None:
    for at in range(len(RESPONSE)):
        writer.write(RESPONSE[at : at + 1])
        await asyncio.sleep(0)


_LIES: Final[dict[Lie, Callable[[StreamWriter], Awaitable[None]]]] = {
    Lie.WRONG_BODY: _sending(_response(BODY.replace(b"7", b"8"))),
    Lie.WRONG_STATUS: _sending(_response(BODY, b"500 Internal Server Error")),
    Lie.TRUNCATED_BODY: _truncate,
    Lie.TOO_LONG_A_BODY: _sending(RESPONSE + b"more"),
    Lie.LENGTH_TOO_LARGE: _sending(RESPONSE[:-1]),
    Lie.TWO_ANSWERS: _sending(RESPONSE * 2),
    Lie.NO_ANSWER: _nothing,
    Lie.ANSWER_AND_CLOSE: _send_and_close,
    Lie.RESET_IN_BODY: _reset,
    Lie.ENDLESS_HEAD: _endless,
    Lie.ONE_BYTE_AT_A_TIME: _dribble,
}


async def serve(port: int) -> None:
    """Answer on 127.0.0.1:`port` for ever."""
    server = await asyncio.start_server(_handle, "127.0.0.1", port, backlog=2048)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
