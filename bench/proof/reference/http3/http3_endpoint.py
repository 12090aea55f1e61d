"""What the reference servers of HTTP/3 share: one UDP socket, its connections, and their time.

QUIC is done by the library that the generator uses; what is said over it is each server's own.
"""

import select
import socket
from abc import ABC, abstractmethod
from typing import Final

from qh3.quic.configuration import QuicConfiguration
from qh3.quic.connection import QuicConnection, QuicConnectionError
from qh3.quic.events import ConnectionTerminated, ProtocolNegotiated, QuicEvent, StreamDataReceived

from bench.proof.reference.http3.http3_frames import CONTROL_STREAM, SETTINGS, frame, varint
from bench.proof.reference.server_stamps import ANCILLARY_BYTES, enable_stamps, stamp_ns
from bench.stats.units import NS_PER_S
from bench.system import clock

CONTROL: Final = 3  # the first stream that a server opens
_NO_SETTINGS: Final = varint(CONTROL_STREAM) + frame(SETTINGS, b"")  # so there is no table
_UNI: Final = 2  # the bit of a stream's number which says that it goes one way only
_LONG_HEADER: Final = 0x80
_LONG_KIND: Final = 0x30  # of a long header: 0 is a hello, or what follows one (RFC 9000, 17.2)
_AT_ONCE: Final = 64  # datagrams that are read before what they ask for is answered
_DATAGRAM_BYTES: Final = 65536
_BUFFER_BYTES: Final = 1024 * 1024
_Address = tuple[str, int]
Request = tuple[int, bytes]
"""The stream of a request that has come in full, and its bytes."""


class ServedPeer:
    """One connection; `greeted`: its whole hello has come. `over`: it has ended."""

    def __init__(self, quic: QuicConnection, address: _Address, chosen: bytes) -> None:
        """Begin with whoever says hello from there, to a name that they have made up."""
        self.quic, self.address, self._chosen = quic, address, chosen
        self.greeted = self.over = False
        self._incoming: dict[int, bytes] = {}

    def send(self, stream: int, data: bytes, *, ends: bool = True) -> None:
        """Have bytes sent on a stream; who has left gets none."""
        try:
            self.quic.send_stream_data(stream, data, end_stream=ends)
        except QuicConnectionError:
            self.over = True

    def knows(self, data: bytes) -> bool:
        """Whether a datagram from its address is for it, and not the hello of somebody new.

        A client's port may be that of one who has left a moment ago, of whom an end is awaited yet.
        """
        return not _says_hello(data) or _receiver(data) in {self._chosen, self.quic.host_cid}

    def datagrams(self) -> list[bytes]:
        """What is to be sent now.

        The library may trip over a hello that has no room for all it would say (qh3 2.1.0): who
        hears nothing says hello again, and is new then.
        """
        try:
            return [data for data, _ in self.quic.datagrams_to_send(now=_now_s())]
        except QuicConnectionError:
            self.over = True
            return []

    def requests(self) -> list[Request]:
        """Those that have come in full since this was called last."""
        found = []
        while (event := self.quic.next_event()) is not None:
            request = self._take(event)
            if request is not None:
                found.append(request)
        return found

    def _take(self, event: QuicEvent) -> Request | None:
        match event:
            case StreamDataReceived(stream_id=stream) if not stream & _UNI:
                data = self._incoming.pop(stream, b"") + event.data
                if event.end_stream:
                    return stream, data
                self._incoming[stream] = data
            case ProtocolNegotiated():
                self.greeted = True
                self.send(CONTROL, _NO_SETTINGS, ends=False)
            case ConnectionTerminated():
                self.over = True
        return None


class Http3Endpoint(ABC):
    """All connections of one UDP socket, told apart by where they come from.

    All times are ns of CLOCK_MONOTONIC.
    """

    def __init__(self, port: int, certfile: str, keyfile: str) -> None:
        """Listen on 127.0.0.1. Raises OSError."""
        self._settings = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        self._settings.load_cert_chain(certfile, keyfile)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        enable_stamps(self._socket)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", port))
        self._clients: dict[_Address, ServedPeer] = {}

    @abstractmethod
    def take(self, client: ServedPeer, request: Request, came_ns: int) -> None:
        """Take a request that the kernel received at a time; its answer may be sent later."""

    def next_ns(self) -> int | None:
        """From when on something is due that is not asked for by what comes; None: never."""
        return None

    def act(self) -> None:  # noqa: B027 - most servers do nothing by themselves
        """Do what is due."""

    def serve(self) -> None:
        """Serve for ever."""
        poll = select.epoll()
        poll.register(self._socket.fileno(), select.EPOLLIN)
        while True:
            poll.poll(self._patience_s())
            for client in self._receive() | self._expire():
                self.flush(client)
            self.act()

    def flush(self, client: ServedPeer) -> None:
        """Send what is to be sent; to half a hello the library cannot answer."""
        if client.greeted:
            for data in client.datagrams():
                try:
                    self._socket.sendto(data, client.address)
                except OSError:  # it is lost, as datagrams may be
                    break
        if client.over:
            self._clients.pop(client.address, None)

    def _patience_s(self) -> float:
        """How long until there is something to do by itself."""
        timers = [each.quic.get_timer() for each in self._clients.values()]
        due_ns = self.next_ns()
        if due_ns is not None:
            timers.append(due_ns / NS_PER_S)
        first_s = min((timer for timer in timers if timer is not None), default=None)
        return -1 if first_s is None else max(0.0, first_s - _now_s())

    def _receive(self) -> set[ServedPeer]:
        """Read what has come, and take the requests in it; from whom it was."""
        spoken: set[ServedPeer] = set()
        for _ in range(_AT_ONCE):
            try:
                data, ancillary, _, address = self._socket.recvmsg(_DATAGRAM_BYTES, ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except OSError:  # who asked has left
                continue
            client = self._clients.get(address)
            if client is None or not client.knows(data):
                client = self._new(address, data)
            if client is not None:
                client.quic.receive_datagram(data, address, now=_now_s())
                self._attend(client, stamp_ns(ancillary) or clock.monotonic_ns())
                spoken.add(client)
        return spoken

    def _attend(self, client: ServedPeer, came_ns: int) -> None:
        for request in client.requests():
            self.take(client, request, came_ns)

    def _new(self, address: _Address, data: bytes) -> ServedPeer | None:
        """Begin a connection with whoever says hello."""
        if not data[0] & _LONG_HEADER:
            return None
        chosen = _receiver(data)
        quic = QuicConnection(
            configuration=self._settings, original_destination_connection_id=chosen
        )
        self._clients[address] = ServedPeer(quic, address, chosen)
        return self._clients[address]

    def _expire(self) -> set[ServedPeer]:
        """Do what is due by the clocks of connections; whose they are."""
        now_s, found = _now_s(), set[ServedPeer]()
        for client in self._clients.values():
            timer = client.quic.get_timer()
            if timer is not None and timer <= now_s:
                client.quic.handle_timer(now=now_s)
                self._attend(client, clock.monotonic_ns())
                found.add(client)
        return found


def _says_hello(data: bytes) -> bool:
    """Whether a datagram begins as those do that open a connection."""
    return data[0] & _LONG_HEADER != 0 and data[0] & _LONG_KIND == 0


def _receiver(data: bytes) -> bytes:
    """The name of the connection that a long header is for: at first one that a client makes up."""
    return data[6 : 6 + data[5]]


def _now_s() -> float:
    return clock.monotonic_ns() / NS_PER_S
