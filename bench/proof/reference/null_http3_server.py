"""A server that does nothing, over HTTP/3: every request gets one and the same right answer.

QUIC is done by the library that the generator uses; of HTTP/3 there are only the bytes of one
answer. Run as `python -m bench.proof.reference.null_http3_server PORT CERTFILE KEYFILE`; it serves
one core until it is killed.
"""

import select
import socket
import sys
from typing import Final

from qh3.quic.configuration import QuicConfiguration
from qh3.quic.connection import QuicConnection
from qh3.quic.events import ConnectionTerminated, ProtocolNegotiated, QuicEvent, StreamDataReceived

from bench.proof.reference.null_answer import BODY
from bench.stats.units import NS_PER_S
from bench.system import clock

_CONTROL: Final = 3  # the first stream that a server opens
_NO_SETTINGS: Final = b"\x00\x04\x00"  # a control stream, and a frame of settings: no table
_FIELDS: Final = b"\x00\x00\xd9\xee\x54\x02%d" % len(BODY)
"""Of the static table (RFC 9204, appendix A): 200, application/json; and the content-length."""
RESPONSE: Final = b"\x01%c%b\x00%c%b" % (len(_FIELDS), _FIELDS, len(BODY), BODY)
_UNI: Final = 2  # the bit of a stream's number which says that it goes one way only
_LONG_HEADER: Final = 0x80
_AT_ONCE: Final = 64  # datagrams that are read before what they ask for is sent
_Address = tuple[str, int]


class _Client:
    """One connection; `greeted`: its whole hello has come."""

    def __init__(self, quic: QuicConnection) -> None:
        self.quic = quic
        self.greeted = False
        self.over = False

    def answer(self) -> None:
        """Answer what has come."""
        while (event := self.quic.next_event()) is not None:
            self._take(event)

    def _take(self, event: QuicEvent) -> None:
        match event:
            case StreamDataReceived(end_stream=True, stream_id=stream) if not stream & _UNI:
                self.quic.send_stream_data(stream, RESPONSE, end_stream=True)
            case ProtocolNegotiated():
                self.greeted = True
                self.quic.send_stream_data(_CONTROL, _NO_SETTINGS)
            case ConnectionTerminated():
                self.over = True


class NullHttp3Server:
    """All connections of one UDP socket, told apart by where they come from."""

    def __init__(self, port: int, certfile: str, keyfile: str) -> None:
        """Listen on 127.0.0.1. Raises OSError."""
        self._settings = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        self._settings.load_cert_chain(certfile, keyfile)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024 * 1024)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", port))
        self._clients: dict[_Address, _Client] = {}

    def serve(self) -> None:
        """Answer for ever."""
        poll = select.epoll()
        poll.register(self._socket.fileno(), select.EPOLLIN)
        while True:
            poll.poll(self._patience_s())
            spoken = self._receive()
            self._expire(spoken)
            for address in spoken:
                self._send(address)

    def _patience_s(self) -> float:
        """How long until a connection has something to do by itself."""
        timers = (each.quic.get_timer() for each in self._clients.values())
        first_s = min((timer for timer in timers if timer is not None), default=None)
        return -1 if first_s is None else max(0.0, first_s - _now_s())

    def _receive(self) -> set[_Address]:
        """Read what has come, and answer; from whom it was."""
        spoken: set[_Address] = set()
        for _ in range(_AT_ONCE):
            try:
                data, address = self._socket.recvfrom(65536)
            except BlockingIOError:
                break
            except OSError:  # who asked has left
                continue
            client = self._clients.get(address) or self._new(address, data)
            if client is not None:
                client.quic.receive_datagram(data, address, now=_now_s())
                client.answer()
                spoken.add(address)
        return spoken

    def _new(self, address: _Address, data: bytes) -> _Client | None:
        """Begin a connection with whoever says hello."""
        if not data[0] & _LONG_HEADER:
            return None
        chosen = data[6 : 6 + data[5]]  # the connection's name, as the client has made it up
        client = _Client(
            QuicConnection(configuration=self._settings, original_destination_connection_id=chosen)
        )
        self._clients[address] = client
        return client

    def _expire(self, spoken: set[_Address]) -> None:
        now_s = _now_s()
        for address, client in self._clients.items():
            timer = client.quic.get_timer()
            if timer is not None and timer <= now_s:
                client.quic.handle_timer(now=now_s)
                client.answer()
                spoken.add(address)

    def _send(self, address: _Address) -> None:
        """Send what is to be sent; to half a hello the library cannot answer."""
        client = self._clients[address]
        if client.greeted:
            for data, _ in client.quic.datagrams_to_send(now=_now_s()):
                try:
                    self._socket.sendto(data, address)
                except OSError:  # it is lost, as datagrams may be
                    break
        if client.over:
            del self._clients[address]


def _now_s() -> float:
    return clock.monotonic_ns() / NS_PER_S


if __name__ == "__main__":
    NullHttp3Server(int(sys.argv[1]), sys.argv[2], sys.argv[3]).serve()
