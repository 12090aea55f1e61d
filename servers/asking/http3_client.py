"""A small HTTP/3 client: what a server is asked by before it is measured, and not measured by."""

import asyncio
import logging
import os
import ssl
from collections.abc import Iterable
from typing import Final, cast

from qh3.h3 import events as h3
from qh3.h3.connection import ErrorCode, H3Connection
from qh3.quic import events as quic
from qh3.quic.configuration import QuicConfiguration
from qh3.quic.connection import QuicConnection, QuicConnectionError

from servers.asking.http2_client import OF_ONE_CONNECTION, BrokenOffError, Header, Reply
from servers.asking.probe_answer import Secured, UnverifiedError
from servers.certificate import spoken_name
from servers.command import Address
from servers.processes.process_tree import now_ns
from servers.protocol import Protocol
from servers.tls import Tls

_ALERTS: Final = range(0x100, 0x200)  # error codes that are alerts of TLS (RFC 9001, 4.8)
_OF_CERTIFICATES: Final = frozenset({42, 43, 44, 45, 46, 48})  # RFC 8446, 6.2

logging.getLogger("quic").addHandler(logging.NullHandler())  # connections that end are no news


class Http3Client(asyncio.DatagramProtocol):
    """One connection; any number of requests at a time. `established`: the handshake is over."""

    def __init__(self, address: Address, tls: Tls) -> None:
        self._authority = address.authority.encode()
        self._quic = QuicConnection(configuration=_configuration(address.host, tls))
        self._http: H3Connection | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heads: dict[int, asyncio.Future[Reply]] = {}
        self._lost: OSError | None = None
        self._agreed: str | None = None
        self.established: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._quic.connect(transport.get_extra_info("peername"), now=self._loop.time())
        self._send()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Sort what came by its stream."""
        try:
            self._quic.receive_datagram(data, addr, now=self._loop.time())
            self._go_on()
        except (QuicConnectionError, ValueError) as error:
            self._fail(BrokenOffError(f"the answer is not HTTP/3: {error}"))

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there, as the kernel was told."""
        number = getattr(exc, "errno", None)
        self._fail(BrokenOffError(os.strerror(number) if number else str(exc)))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all who wait."""
        self._fail(BrokenOffError(f"the connection was closed{f': {exc}' if exc else ''}"))

    def close(self) -> None:
        """Tell the server that it is over, and close the socket."""
        if self._lost is None:
            self._quic.close(ErrorCode.H3_NO_ERROR)
            self._send()
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    @property
    def secured(self) -> Secured:
        """What was agreed upon in the handshake."""
        cipher = self._quic.get_cipher()
        name = "" if cipher is None else f"TLS_{cipher.name}"
        return Secured("TLSv1.3", name, resumed=False, alpn=self._agreed)

    async def ask(
        self, method: bytes, target: bytes, headers: Iterable[Header], body: bytes = b""
    ) -> Reply:
        """Send a request and return the head of its answer. Raises BrokenOffError."""
        if self._lost is not None or self._http is None:
            raise self._lost or BrokenOffError("the connection is not open")
        given = [(name.lower(), value) for name, value in headers]
        authority = next((value for name, value in given if name == b"host"), self._authority)
        number = self._quic.get_next_available_stream_id()
        head: asyncio.Future[Reply] = self._loop.create_future()
        self._heads[number] = head
        own = [
            (b":method", method), (b":scheme", b"https"), (b":authority", authority),
            (b":path", target),
        ]  # fmt: skip
        rest = [each for each in given if each[0] not in OF_ONE_CONNECTION]
        try:
            self._http.send_headers(number, [*own, *rest], end_stream=not body)
            if body:
                self._http.send_data(number, body, end_stream=True)
        except (QuicConnectionError, ValueError) as error:
            raise BrokenOffError(f"the request cannot be sent: {error}") from error
        self._send()
        return await head

    def _go_on(self) -> None:
        at_ns = now_ns()
        while (found := self._quic.next_event()) is not None:
            match found:
                case quic.HandshakeCompleted():
                    self._begin(found)
                case quic.ConnectionTerminated():
                    self._end(found)
            if self._http is not None:
                for event in self._http.handle_event(found):
                    self._take(event, at_ns)
        self._send()

    def _begin(self, found: quic.HandshakeCompleted) -> None:
        self._agreed = found.alpn_protocol
        self._http = H3Connection(self._quic)
        if not self.established.done():
            self.established.set_result(None)

    def _end(self, found: quic.ConnectionTerminated) -> None:
        said = found.reason_phrase or f"error {found.error_code:#x}"
        alert = found.error_code - _ALERTS.start
        if found.error_code in _ALERTS and alert in _OF_CERTIFICATES and self._http is None:
            self._fail(UnverifiedError(said))
        else:
            self._fail(BrokenOffError(f"the server ends the connection: {said}"))

    def _take(self, event: h3.H3Event, at_ns: int) -> None:
        match event:
            case h3.HeadersReceived():
                self._head(event)
            case h3.DataReceived():
                self._body(event.stream_id, event.data)
            case h3.StreamReset():
                self._drop(event.stream_id, BrokenOffError(f"reset: {event.error_code:#x}"))
            case h3.GoawayReceived():
                self._leave(event.stream_id)
        if isinstance(event, h3.HeadersReceived | h3.DataReceived) and event.stream_ended:
            self._complete(event.stream_id, at_ns)

    def _head(self, event: h3.HeadersReceived) -> None:
        head = self._heads.get(event.stream_id)
        if head is None or head.done():
            return
        status = next((int(value) for name, value in event.headers if name == b":status"), 0)
        rest = tuple((name, value) for name, value in event.headers if not name.startswith(b":"))
        head.set_result(Reply(status, rest))

    def _body(self, number: int, data: bytes) -> None:
        head = self._heads.get(number)
        if head is not None and head.done() and not head.cancelled():
            head.result().chunks.put_nowait(data)

    def _complete(self, number: int, at_ns: int) -> None:
        head = self._heads.pop(number, None)
        if head is not None and head.done() and not head.cancelled():
            head.result().at_ns = at_ns
            head.result().chunks.put_nowait(None)

    def _leave(self, first: int) -> None:
        """Fail what the server will not answer any more: it said GOAWAY."""
        error = BrokenOffError("the server goes away")
        self._lost = self._lost or error
        for number in [each for each in self._heads if each >= first]:
            self._drop(number, error)

    def _drop(self, number: int, error: OSError) -> None:
        head = self._heads.pop(number, None)
        if head is None or head.cancelled():
            return
        if not head.done():
            head.set_exception(error)
        elif isinstance(error, BrokenOffError):
            head.result().chunks.put_nowait(error)

    def _fail(self, error: OSError) -> None:
        self._lost = self._lost or error
        if not self.established.done():
            self.established.set_exception(error)
        for number in list(self._heads):
            self._drop(number, error)

    def _send(self) -> None:
        """Send what is to be sent, and be called again when time has come."""
        if self._transport is None or self._transport.is_closing():
            return
        now = self._loop.time()
        for data, _ in self._quic.datagrams_to_send(now=now):
            self._transport.sendto(data)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._quic.get_timer()
        if at is not None:
            self._timer = self._loop.call_at(at, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._quic.handle_timer(now=self._loop.time())
        self._go_on()


def _configuration(host: str, tls: Tls) -> QuicConfiguration:
    return QuicConfiguration(
        is_client=True,
        alpn_protocols=[Protocol.H3.alpn],
        server_name=spoken_name(host),
        cafile=None if tls.ca is None else str(tls.ca),
        verify_mode=ssl.CERT_REQUIRED if tls.verified else ssl.CERT_NONE,
        verify_hostname=tls.verified,
    )
