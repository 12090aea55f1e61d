"""A small HTTP/2 client: what a server is asked by before it is measured, and not measured by."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import cast

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from servers.processes.process_tree import now_ns

Header = tuple[bytes, bytes]
OF_ONE_CONNECTION = frozenset(
    {b"connection", b"host", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding",
     b"upgrade"}
)  # fmt: skip
"""Headers of HTTP/1.1 that HTTP/2 and HTTP/3 have no place for (RFC 9113, 8.2.2)."""


class BrokenOffError(OSError):
    """The server ended the stream or the connection before its answer was whole."""


@dataclass
class Reply:
    """An answer that is coming: its head is there, its body may not be."""

    status: int
    headers: tuple[Header, ...]
    chunks: "asyncio.Queue[bytes | BrokenOffError | None]" = field(default_factory=asyncio.Queue)
    at_ns: int = 0
    """When the last of it came, on the monotonic clock."""

    async def body(self) -> AsyncIterator[bytes]:
        """Give the body as it comes. Raises BrokenOffError where it does not end."""
        while (chunk := await self.chunks.get()) is not None:
            if isinstance(chunk, BrokenOffError):
                raise chunk
            yield chunk


@dataclass
class _Stream:
    """A request that was sent."""

    head: asyncio.Future[Reply]
    window: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server lets more of the request's body come."""

    def fail(self, error: BrokenOffError) -> None:
        if not self.head.done():
            self.head.set_exception(error)
        elif not self.head.cancelled() and self.head.exception() is None:
            self.head.result().chunks.put_nowait(error)
        self.window.set()


class Http2Client(asyncio.Protocol):
    """One connection; any number of requests at a time. Closing it is its transport's business."""

    def __init__(self, scheme: str, authority: str) -> None:
        self._scheme, self._authority = scheme.encode(), authority.encode()
        config = h2.config.H2Configuration(client_side=True, header_encoding=None)
        self._http = h2.connection.H2Connection(config)
        self._transport: asyncio.Transport | None = None
        self._streams: dict[int, _Stream] = {}
        self._lost: BrokenOffError | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the preface."""
        self._transport = cast("asyncio.Transport", transport)
        self._http.initiate_connection()
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all who wait."""
        self._fail(BrokenOffError(f"the connection was closed{f': {exc}' if exc else ''}"))

    def data_received(self, data: bytes) -> None:
        """Sort frames by their streams."""
        at_ns = now_ns()
        if data.startswith(b"HTTP/1."):  # a frame's length to others, and waited for in vain
            self._fail(BrokenOffError("the answer is HTTP/1.1, not HTTP/2"))
            return
        try:
            events = self._http.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self._fail(BrokenOffError(f"the answer is not HTTP/2: {error}"))
            return
        for event in events:
            self._take(event, at_ns)
        self._send()

    async def ask(
        self, method: bytes, target: bytes, headers: Iterable[Header], body: bytes = b""
    ) -> Reply:
        """Send a request and return the head of its answer. Raises BrokenOffError."""
        if self._lost is not None:
            raise self._lost
        given = [(name.lower(), value) for name, value in headers]
        authority = next((value for name, value in given if name == b"host"), self._authority)
        number = self._http.get_next_available_stream_id()
        stream = self._streams[number] = _Stream(asyncio.get_running_loop().create_future())
        own = [
            (b":method", method), (b":scheme", self._scheme), (b":authority", authority),
            (b":path", target),
        ]  # fmt: skip
        rest = [each for each in given if each[0] not in OF_ONE_CONNECTION]
        try:
            self._http.send_headers(number, [*own, *rest], end_stream=not body)
            self._send()
            await self._send_body(number, stream, body)
        except h2.exceptions.ProtocolError as error:
            raise BrokenOffError(f"the request cannot be sent: {error}") from error
        return await stream.head

    async def _send_body(self, number: int, stream: _Stream, body: bytes) -> None:
        """Send as much at a time as the server has room for; it may answer before it has all."""
        rest = memoryview(body)
        while rest and number in self._streams:
            room = self._http.local_flow_control_window(number)
            size = min(len(rest), room, self._http.max_outbound_frame_size)
            if size == 0:
                stream.window.clear()
                await stream.window.wait()
                continue
            self._http.send_data(number, bytes(rest[:size]), end_stream=size == len(rest))
            rest = rest[size:]
            self._send()

    def _take(self, event: h2.events.Event, at_ns: int) -> None:
        match event:
            case h2.events.ResponseReceived():
                self._begin(event.stream_id, event.headers)
            case h2.events.DataReceived():
                self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                self._chunk(event.stream_id, event.data)
            case h2.events.StreamEnded():
                self._end(event.stream_id, at_ns)
            case h2.events.StreamReset():
                if (stream := self._streams.pop(event.stream_id, None)) is not None:
                    stream.fail(BrokenOffError(f"the stream was reset: {event.error_code!s}"))
            case h2.events.ConnectionTerminated():
                self._leave(event)
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                for stream in self._streams.values():
                    stream.window.set()
            case _:
                pass

    def _begin(self, number: int, headers: list[Header]) -> None:
        stream = self._streams.get(number)
        if stream is None or stream.head.done():
            return
        status = next((int(value) for name, value in headers if name == b":status"), 0)
        rest = tuple((name, value) for name, value in headers if not name.startswith(b":"))
        stream.head.set_result(Reply(status, rest))

    def _chunk(self, number: int, data: bytes) -> None:
        stream = self._streams.get(number)
        if stream is not None and not stream.head.cancelled():
            stream.head.result().chunks.put_nowait(data)

    def _end(self, number: int, at_ns: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None and not stream.head.cancelled():
            reply = stream.head.result()
            reply.at_ns = at_ns
            reply.chunks.put_nowait(None)
            stream.window.set()

    def _leave(self, event: h2.events.ConnectionTerminated) -> None:
        """Fail what the server will not answer any more: it said GOAWAY."""
        error = BrokenOffError(f"the server ends the connection: {event.error_code!s}")
        self._lost = self._lost or error
        for number in [each for each in self._streams if each > (event.last_stream_id or 0)]:
            self._streams.pop(number).fail(error)

    def _fail(self, error: BrokenOffError) -> None:
        self._lost = self._lost or error
        streams, self._streams = [*self._streams.values()], {}
        for stream in streams:
            stream.fail(error)

    def _send(self) -> None:
        if self._transport is not None and (data := self._http.data_to_send()):
            self._transport.write(data)
