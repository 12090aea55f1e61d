"""A server of HTTP/3 for tests, by aioquic: it says what the test wants, right or wrong."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.buffer import encode_uint_var
from aioquic.h3.connection import FrameType, H3Connection, encode_frame
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, ProtocolNegotiated, QuicEvent

from bench.load.net.address import Address
from tests.certificates import certificate
from tests.ending import join
from tests.load.sending import BODY

Headers = list[tuple[bytes, bytes]]
Reply = Callable[["Http3Peer", int, int], None]
"""What to do with a request: the peer, the request's stream, its number among all, from 1."""


@dataclass
class ServedHttp3:
    """A running server, and what it has seen. `ended`: connections that have."""

    address: Address
    connections: int = 0
    requests: int = 0
    bodies: bytes = b""
    ended: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://{self.address[0]}:{self.address[1]}"


class Http3Peer(QuicConnectionProtocol):
    """One connection."""

    served: ServedHttp3
    reply: Reply
    at_once: bool
    http: H3Connection | None = None

    def quic_event_received(self, event: QuicEvent) -> None:
        """Take what the client says."""
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
            self.served.connections += 1
        elif isinstance(event, ConnectionTerminated):
            self.served.ended += 1
        if self.http is not None:
            for found in self.http.handle_event(event):
                self._take(found)

    def _take(self, event: H3Event) -> None:
        if isinstance(event, DataReceived):
            self.served.bodies += event.data
        if isinstance(event, HeadersReceived) and self.at_once:
            self.reply(self, event.stream_id, 0)
            self.transmit()
        elif isinstance(event, HeadersReceived | DataReceived) and event.stream_ended:
            self.served.requests += 1
            self.reply(self, event.stream_id, self.served.requests)
            self.transmit()

    def head(
        self, stream: int, headers: Headers | None = None, *, status: int = 200, ends: bool = False
    ) -> None:
        """Send a header block."""
        assert self.http is not None
        fields = [(b":status", b"%d" % status), *(headers or [])]
        self.http.send_headers(stream, fields, end_stream=ends)

    def data(self, stream: int, body: bytes, *, ends: bool = True) -> None:
        """Send a piece of a body."""
        assert self.http is not None
        self.http.send_data(stream, body, end_stream=ends)

    def answer(
        self, stream: int, body: bytes = BODY, *, status: int = 200, length: int | None = None
    ) -> None:
        """Send a whole answer; `length`: what it says of its body, if that is not true."""
        said = b"%d" % (len(body) if length is None else length)
        self.head(stream, [(b"content-length", said)], status=status)
        self.data(stream, body)

    def raw(self, stream: int, data: bytes, *, ends: bool = False) -> None:
        """Send bytes on a stream as they are."""
        self._quic.send_stream_data(stream, data, ends)

    def reset(self, stream: int, code: int) -> None:
        """End a stream before its answer is whole."""
        self._quic.reset_stream(stream, code)

    def say_nonsense(self, seed: int) -> None:
        """Send a datagram that is none of QUIC's, or not one of this connection's."""
        assert self._transport is not None
        (address,) = {path.addr for path in self._quic._network_paths}
        said = random.Random(seed).randbytes(seed % 1200 + 1)  # noqa: S311 - any bytes will do
        self._transport.sendto(said, address)

    def end(self, code: int = 0x100, reason: str = "") -> None:
        """Close the connection."""
        self._quic.close(code, reason_phrase=reason)

    def go_away(self, first_unprocessed: int) -> None:
        """Announce the end."""
        assert self.http is not None
        control = self.http._local_control_stream_id
        assert control is not None
        self.raw(control, encode_frame(FrameType.GOAWAY, encode_uint_var(first_unprocessed)))

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Do something after a while, and send what came of it."""

        def do() -> None:
            act()
            self.transmit()

        self._loop.call_later(delay_s, do)


def answering() -> Reply:
    """Answer every request correctly."""
    return lambda peer, stream, _: peer.answer(stream)


def delayed(delay_s: float) -> Reply:
    """Answer every request correctly, after a while."""

    def reply(peer: Http3Peer, stream: int, _: int) -> None:
        peer.later(delay_s, lambda: peer.answer(stream))

    return reply


@contextmanager
def serving_http3(
    reply: Reply, alpn: str = "h3", *, at_once: bool = False
) -> Iterator[ServedHttp3]:
    """Call `reply` with every request, in a thread of its own that is joined at the end.

    `at_once`: and again as soon as its head has come, before its body.
    """
    files = certificate()
    settings = QuicConfiguration(is_client=False, alpn_protocols=[alpn])
    settings.load_cert_chain(files.certfile, files.keyfile)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    served, over = ServedHttp3(("127.0.0.1", 0)), asyncio.Event()

    def peer(*given: object, **named: object) -> Http3Peer:
        made = Http3Peer(*given, **named)  # type: ignore[arg-type]
        made.served, made.reply, made.at_once = served, reply, at_once
        return made

    async def run() -> None:
        server = await serve("127.0.0.1", 0, configuration=settings, create_protocol=peer)
        assert server._transport is not None
        served.address = server._transport.get_extra_info("sockname")
        ready.set()
        await over.wait()
        server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    try:
        assert ready.wait(30)
        yield served
    finally:
        loop.call_soon_threadsafe(over.set)
        join(thread)
        loop.close()
