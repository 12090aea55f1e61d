"""A server that lies to every n-th request, in the way that the URL names, and owns up to it.

GET /LIE/N is answered correctly but for one request in N; GET /LIE/N/FORM with a stream of events
in this form; GET /committed says how often it has lied in which way. HTTP/1.1, WebSocket and HTTP/2
are spoken, each with lies of its own; all over TLS too, if there is a certificate. Run as
`python -m bench.proof.reference.lying_server PORT [CERTIFICATE KEY]`; it serves until it is killed.
"""

import asyncio
import socket
import ssl
import struct
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final

from bench.proof.reference.event_lies import EVENT_LIES, EventLie, right
from bench.proof.reference.event_streams import EventForm
from bench.proof.reference.lie_counts import LieCounts
from bench.proof.reference.null_answer import BODY, RESPONSE
from bench.proof.reference.server_frames import PREFACE
from bench.proof.reference.server_streams import ServerStreams, StreamRequest, answer
from bench.proof.reference.server_tls import begins_tls, server_context
from bench.proof.reference.stream_lies import STREAM_LIES, StreamLie
from bench.proof.reference.websocket_lies import (
    WEBSOCKET_LIES,
    WebSocketLie,
    asks_for_websocket,
    echo,
    granted,
    message,
)

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


_counts: Final = LieCounts()


async def _handle(reader: StreamReader, writer: StreamWriter) -> None:
    """Serve one connection until either side ends it."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while not writer.is_closing():
            request = await reader.readuntil(b"\r\n\r\n")
            if PREFACE.startswith(request):
                await _Streams(reader, writer).serve(request)
                break
            path = request.split(b" ", 2)[1]
            if asks_for_websocket(request):
                await _talk(path, granted(request), reader, writer)
                break
            await _answer(path, writer)
            if _CLOSE in request:
                break
    writer.close()


async def _answer(path: bytes, writer: StreamWriter) -> None:
    told = _counts.told(path)
    if told is not None:
        writer.write(_response(told))
        return
    lie, form = _counts.due(path), _form(path)
    if form is not None:
        await (EVENT_LIES[EventLie(lie)] if lie else right)(writer, form)
    elif lie is None:
        writer.write(RESPONSE)
    else:
        await _LIES[Lie(lie)](writer)


def _form(path: bytes) -> EventForm | None:
    """That of the stream of events which a path asks for; None: it asks for none."""
    _, _, _, form, *_ = (path + b"////").split(b"/")
    return EventForm(form.decode()) if form else None


async def _talk(path: bytes, grant: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    """Echo what is said over a WebSocket, or lie."""
    writer.write(grant)
    while (said := await message(reader)) is not None and not writer.is_closing():
        lie = _counts.due(path)
        if lie is None:
            writer.write(echo(said))
        else:
            WEBSOCKET_LIES[WebSocketLie(lie)](writer, said)


class _Streams:
    """A connection over HTTP/2, from the first bytes of its preface on."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._session = ServerStreams(self._opens)
        self._left = False  # it has said that it goes away, and looks at no further request

    async def serve(self, data: bytes) -> None:
        while data and not self._writer.is_closing():
            for request in self._session.take(data):
                self._on(request)
            out, self._session.out = self._session.out, b""
            self._writer.write(out)
            data = await self._reader.read(1 << 16)

    def _opens(self, path: bytes) -> bool:
        """Whether a request with a body may send all of it: else, that is the lie."""
        return _counts.due(path) is None

    def _on(self, request: StreamRequest) -> None:
        stream, path = request
        lie = None if self._left or _is_upload(path) else _counts.due(path)
        self._left = self._left or lie == StreamLie.GOAWAY_IN_MID_RUN
        if self._left:
            _counts.turned_away(path)
        if lie is not None:
            STREAM_LIES[StreamLie(lie)](self._writer, stream)
        elif not self._left:
            self._writer.write(answer(stream, BODY))


def _is_upload(path: bytes) -> bool:
    """Whether it was decided before its body came whether it is lied to."""
    return path.startswith(b"/" + StreamLie.WINDOW_NEVER_OPENED.encode())


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


async def serve(port: int, context: ssl.SSLContext | None = None) -> None:
    """Answer on 127.0.0.1:`port` for ever; `context`: of those that speak TLS."""
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    with socket.create_server(("127.0.0.1", port), backlog=2048) as listener:
        listener.setblocking(False)
        while True:
            connection, _ = await loop.sock_accept(listener)
            task = asyncio.create_task(_attend(connection, context))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


async def _attend(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    """Serve a connection once it is clear what it speaks."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    loop.add_reader(connection, came.set)
    await came.wait()
    loop.remove_reader(connection)
    with suppress(OSError):
        first = connection.recv(1, socket.MSG_PEEK)
        reader = StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=context if begins_tls(first) else None
        )
        await _handle(reader, StreamWriter(transport, protocol, reader, loop))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), server_context(sys.argv[2:])))
