"""A connection that speaks HTTP/2: a link, and the session that goes on over it."""

from typing import Final

from bench.load.http2.session import Http2Session
from bench.load.net.address import Peer
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, Link, State
from bench.load.net.tls import Handshake

ALPN: Final = "h2"


class StreamConnection(Link):
    """A link over which several requests are in flight, each on a stream of its own.

    It is open when the server's SETTINGS have come. `waiting`: that of the session. `careful`: all
    that is read has to be fed to the session, and all that is sent to be put into it, as something
    is going on beside requests without body and answers in whole frames. `settle` looks at that
    again: it is called after anything was done to the session.

    `share`: how many requests the loop that uses it may have in flight here. `rest`: the beginning
    of an answer, which the loop has not taken.
    """

    __slots__ = ("_greeted", "careful", "rest", "session", "share", "waiting")

    def __init__(
        self,
        address: Peer,
        *,
        handshake: Handshake | None = None,
        stamps: bool = False,
        source: str | None = None,
    ) -> None:
        """Begin to connect, as every link does. Raises OSError."""
        super().__init__(address, handshake=handshake, stamps=stamps, source=source)
        self.session = Http2Session()
        self.waiting = self.session.waiting
        self.careful = True
        self.share = 0
        self.rest = b""
        self._greeted = False

    @property
    def in_flight(self) -> int:
        """How many requests are."""
        return self.session.in_flight

    @property
    def most_streams(self) -> int | None:
        """How many requests the server allows in flight at a time; None: it sets no limit."""
        return self.session.peer.max_streams

    @property
    def room(self) -> int:
        """How many more requests may be sent now."""
        session = self.session
        if self.state is not State.OPEN or session.retired:
            return 0
        most = session.peer.max_streams
        return (self.share if most is None else min(self.share, most)) - session.in_flight

    @property
    def missing(self) -> str:
        """What a connection that is being opened waits for."""
        if not self._greeted:
            return super().missing
        return "a connection was opened, but the server sent no SETTINGS of HTTP/2"

    def connected(self) -> None:
        """Go on with what has to be done before the first request; called again until it is open.

        Raises OSError if it failed, or no HTTP/2 is spoken there.
        """
        try:
            if self._greeted:
                self._take_greeting(self.read(self.fd, RECEIVE_BYTES))
            else:
                self._greet()
        except BlockingIOError:
            return
        except ConnectionLostError as error:
            raise OSError(str(error)) from error

    def _greet(self) -> None:
        """Connect, and say what a connection begins with. Raises OSError."""
        super().connected()
        if self.state is not State.OPEN:
            return
        if self._tls is not None and self.protocol != ALPN:
            found = self.protocol or "nothing"
            raise OSError(f"no HTTP/2 over TLS there: by ALPN, the server selects {found}, not h2")
        self._greeted, self.state = True, State.CONNECTING
        self.settle()
        came = b"" if self._tls is None else self._tls.left(self.fd)
        if came:
            self._take_greeting(came)

    def _take_greeting(self, data: bytes) -> None:
        """Take what may be the server's SETTINGS. Raises OSError."""
        if not data:
            raise OSError("the server closed the connection before it spoke HTTP/2")
        session = self.session
        session.feed(data)
        if session.error is not None:
            raise OSError(str(session.error))
        if session.leaving is not None:
            raise OSError(f"the server does not want a new connection: {session.leaving}")
        if session.ready:
            if session.peer.max_streams == 0:
                raise OSError("the server allows no stream on a new connection")
            self.state = State.OPEN
        self.settle()

    def settle(self) -> None:
        """Send what the session has to say, as far as the socket takes it.

        Raises ConnectionLostError.
        """
        session = self.session
        while self.wants_write or session.out:
            if not self.wants_write:
                self._pending = memoryview(bytes(session.out))
                session.out.clear()
            self._flush_once()
            if self.wants_write:
                break
            session.uploads.pump(session.out)
        self.careful = (
            self.wants_write
            or self.state is not State.OPEN
            or session.table_update
            or not session.between_frames
            or session.retired
            or self.room < 0
        )

    def _flush_once(self) -> None:
        """Send what is pending, as far as the socket takes it. Raises ConnectionLostError."""
        try:
            sent = self.write(self.fd, self._pending)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        self._pending = self._pending[sent:]
        self.wants_write = len(self._pending) > 0

    def is_quiet(self) -> bool:
        """Whether an idle connection is open, and is to stay so; what it says beside is taken."""
        if self.wants_write or self.state is not State.OPEN or self.in_flight:
            return False
        try:
            while not self.session.retired and (data := self.read(self.fd, RECEIVE_BYTES)):
                self.session.feed(data)
                self.settle()
        except BlockingIOError:
            return True
        except (OSError, ConnectionLostError):
            return False
        return False
