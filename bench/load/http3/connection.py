"""A connection that speaks HTTP/3: a UDP socket that does not block, and the session over it."""

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from bench.load.http2.events import Event
from bench.load.http3.session import Http3Session, QuicHandshake
from bench.load.net.address import Address
from bench.load.net.link import ConnectionLostError, State
from bench.load.net.stamps import enable, read
from bench.system import clock

_DATAGRAM_BYTES: Final = 65536
_AT_ONCE: Final = 64  # datagrams that are read before others have their turn
_BUFFER_BYTES: Final = 1024 * 1024  # of the kernel, for what comes while this process is busy


class QuicConnection:
    """A connection over which several requests are in flight, each on a stream of its own.

    It is open when the handshake is over and the server's SETTINGS have come. `share`: how many
    requests the loop that uses it may have in flight here. `timer_ns`: when `receive` is to be
    called although nothing has come.
    """

    __slots__ = (
        "_first_streams", "_now", "_pending", "_socket", "fd", "session", "share", "stamp_ns",
        "stamped", "state", "timer_ns", "wants_write",
    )  # fmt: skip

    def __init__(
        self,
        address: Address,
        handshake: QuicHandshake,
        *,
        stamps: bool = False,
        source: str | None = None,
        now: Callable[[], int] = clock.monotonic_ns,
    ) -> None:
        """Begin the handshake. Raises OSError.

        `stamps`: have the kernel stamp what it receives, for `stamp` to be asked for. `source`: the
        address to send from; None: the kernel's choice.
        """
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self.fd = self._socket.fileno()
        self.state = State.CONNECTING
        self.wants_write = False
        self.stamp_ns = 0
        self.stamped = False
        self.share = 0
        self.timer_ns: int | None = None
        self._pending: deque[bytes] = deque()
        self._first_streams: int | None = None
        self._now = now
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            if stamps:
                enable(self._socket)
            if source is not None:
                self._socket.bind((source, 0))
            self._socket.connect(address)
            self.session = Http3Session(address, handshake, now())
            self.settle()
        except ConnectionLostError as error:
            self._abandon()
            raise OSError(str(error)) from error
        except OSError:
            self._abandon()
            raise

    @property
    def in_flight(self) -> int:
        """How many requests are."""
        return self.session.in_flight

    @property
    def room(self) -> int:
        """How many more requests may be sent now; those beyond the server's limit wait here."""
        if self.state is not State.OPEN or self.session.retired:
            return 0
        return self.share - self.session.in_flight

    @property
    def most_streams(self) -> int | None:
        """How many streams the server allowed at first; None: nothing is known yet."""
        return self._first_streams

    @property
    def missing(self) -> str:
        """What a connection that is being opened waits for."""
        return "no connection was accepted"

    def stamp(self, wanted: bool) -> None:  # noqa: FBT001 - the name says what is switched
        """Note in `stamp_ns` when the kernel received what was taken last (CLOCK_REALTIME), or not.

        Where it is not stamped, `stamp_ns` is 0.
        """
        self.stamped, self.stamp_ns = wanted, 0

    def network_ns(self) -> int | None:
        """None: of UDP the kernel keeps no round trip."""
        return None

    def connected(self) -> None:
        """Go on with the handshake; called whenever something came, or time has. Raises OSError."""
        try:
            for _ in self.receive():
                pass
            self.settle()
        except ConnectionLostError as error:
            raise OSError(str(error)) from error
        session = self.session
        if session.error is not None:
            raise OSError(str(session.error))
        if session.leaving is not None:
            raise OSError(f"the server does not want a new connection: {session.leaving}")
        if session.ready:
            if session.most_streams == 0:
                raise OSError("the server allows no stream on a new connection")
            self._first_streams = session.most_streams
            self.state = State.OPEN

    def receive(self) -> Iterator[Event]:
        """Take what has come, and what time has brought: what became of requests.

        While an event is looked at, `stamp_ns` is of the datagram that brought it. Raises
        ConnectionLostError, after the last of them, where the connection has ended.
        """
        session, now = self.session, self._now
        for _ in range(_AT_ONCE):
            try:
                datagram = self._datagram()
            except BlockingIOError:
                break
            except OSError as error:
                raise ConnectionLostError(str(error)) from error
            yield from session.receive(datagram, now())
        timer_ns = session.timer_ns
        if timer_ns is not None and timer_ns <= now():
            self.stamp_ns = 0
            yield from session.expire(now())
        self._refuse_lost()

    def _refuse_lost(self) -> None:
        session = self.session
        if session.lost is not None and session.error is None:
            raise ConnectionLostError(session.lost)

    def _datagram(self) -> bytes:
        """Read one; raises BlockingIOError where there is none."""
        if not self.stamped:
            return os.read(self.fd, _DATAGRAM_BYTES)
        data, self.stamp_ns = read(self._socket, _DATAGRAM_BYTES)
        return data

    def settle(self) -> None:
        """Send what the session has to say, as far as the socket takes it.

        Raises ConnectionLostError.
        """
        pending = self._pending
        pending.extend(self.session.datagrams(self._now()))
        self.wants_write = False
        while pending:
            try:
                os.write(self.fd, pending[0])
            except BlockingIOError:
                self.wants_write = True
                break
            except OSError as error:
                raise ConnectionLostError(str(error)) from error
            pending.popleft()
        self.timer_ns = self.session.timer_ns
        self._refuse_lost()

    def is_quiet(self) -> bool:
        """Whether an idle connection is open, and is to stay so; what it says beside is taken."""
        if self.state is not State.OPEN or self.session.in_flight:
            return False
        try:
            for _ in self.receive():
                pass
            self.settle()
        except ConnectionLostError:
            return False
        return not self.session.retired

    def close(self) -> None:
        """Say that it is over, and close the socket; safe to call twice."""
        if self.state is State.CLOSED:
            return
        self.session.close()
        with suppress(ConnectionLostError):  # the peer is gone already
            self.settle()
        self._abandon()

    def _abandon(self) -> None:
        self.state = State.CLOSED
        self.timer_ns = None
        self.fd = -1  # which is soon another's
        self._socket.close()
