"""A connection that was upgraded to WebSocket: messages go over it, one at a time."""

import os
from contextlib import suppress
from typing import Final

from bench.load.http1.connection import Connection
from bench.load.net.address import Peer
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, State
from bench.load.net.tls import Handshake
from bench.load.websocket.frames import Opcode, client_frame
from bench.load.websocket.handshake import Upgrade, Upgrading
from bench.load.websocket.reader import MessageReader

_MASK: Final = os.urandom(4)
_GOING: Final = client_frame(Opcode.CLOSE, (1000).to_bytes(2, "big"), _MASK)


class MessageConnection(Connection):
    """A link with at most one message in flight, to which one or several are the answer.

    It is open when the server has upgraded it and has sent its greeting. `frames`: what is
    received. `unsent`: the socket has not taken the whole of the message that is in flight.
    """

    __slots__ = ("_asked", "_message", "_pong", "_upgrade", "_upgrading", "frames", "unsent")

    def __init__(
        self,
        address: Peer,
        upgrade: Upgrade,
        *,
        handshake: Handshake | None = None,
        stamps: bool = False,
        source: str | None = None,
    ) -> None:
        """Begin to connect, as every link does. Raises OSError."""
        self.frames = MessageReader()
        self.unsent = False
        self._upgrade = upgrade
        self._upgrading: Upgrading | None = Upgrading(upgrade)  # None: the server has upgraded
        self._asked = False
        self._pong = b""  # to be sent once what is pending is
        self._message = b""  # and then this
        super().__init__(address, handshake=handshake, stamps=stamps, source=source)

    @property
    def missing(self) -> str:
        """What a connection that is being opened waits for."""
        if not self._asked:
            return super().missing
        if self._upgrading is not None:
            return "a connection was opened, but the upgrade to WebSocket was not answered"
        return "the server upgraded to WebSocket, but did not send its greeting"

    def connected(self) -> None:
        """Go on with what has to be done before the first message; called again until it is open.

        Raises OSError if it failed, or the server does not upgrade.
        """
        try:
            if not self._asked:
                self._ask()
            elif self.wants_write:
                self.flush()
            else:
                self._take_answer(self.read(self.fd, RECEIVE_BYTES))
        except BlockingIOError:
            return
        except (ConnectionLostError, MalformedResponseError) as error:
            raise OSError(str(error)) from error

    def _ask(self) -> None:
        """Connect, and ask for the upgrade. Raises OSError, ConnectionLostError."""
        super().connected()
        if self.state is State.OPEN:
            assert self._upgrading is not None  # noqa: S101 - it is not answered
            self._asked, self.state = True, State.CONNECTING
            self._push(self._upgrading.wire)

    def _take_answer(self, data: bytes) -> None:
        """Take what may be the answer to the upgrade, or the greeting after it. Raises OSError."""
        if not data:
            what = "refused" if self._upgrading else "greeted"
            raise OSError(f"the server closed the connection before it {what} the WebSocket")
        if self._upgrading is not None:
            rest = self._upgrading.feed(data)
            if rest is None:
                return
            self._upgrading, data = None, rest
        frames = self.frames
        frames.wanted = self._upgrade.greeting
        self.take(data)
        if frames.close is not None:
            raise OSError(f"after the upgrade, {frames.close.described}")
        if len(frames.messages) == frames.wanted:
            fault = self._upgrade.greeted(frames.messages)
            if fault is not None:
                raise OSError(f"a greeting that is wrong: {fault}")
            frames.begin()
            self.state = State.OPEN

    def take(self, data: bytes) -> None:
        """Take what was read, which is not empty; `frames` has what has come. A ping is answered.

        Raises ConnectionLostError, MalformedResponseError.
        """
        frames = self.frames
        frames.feed(data)
        if frames.ping is not None:
            pong, frames.ping = client_frame(Opcode.PONG, frames.ping, _MASK), None
            if self.wants_write:
                self._pong = pong  # that to an earlier ping need not be sent: RFC 6455, 5.5.3
            else:
                self._push(pong)

    def queue(self, message: bytes) -> None:
        """Send a message once what is pending is sent."""
        self._message, self.unsent = message, True

    def keep(self, rest: memoryview) -> None:
        """Keep what the socket did not take of a message, for `flush`."""
        super().keep(rest)
        self.unsent = True

    def flush(self) -> None:
        """Send what is still to be sent, as far as the socket takes it: a message comes last.

        Raises ConnectionLostError.
        """
        self._push(self._pending)
        if self._pong and not self.wants_write:
            pong, self._pong = self._pong, b""
            self._push(pong)
        if self._message and not self.wants_write:
            message, self._message = self._message, b""
            self._push(message)
        self.unsent = self.unsent and self.wants_write

    def _push(self, data: bytes | memoryview) -> None:
        """Send; what the socket does not take is pending. Raises ConnectionLostError."""
        try:
            sent = self.write(self.fd, data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        self._pending = memoryview(data)[sent:]
        self.wants_write = len(self._pending) > 0

    def is_quiet(self) -> bool:
        """Whether an idle connection is open, and is to stay so; pings are answered."""
        if self.wants_write or self.state is not State.OPEN:
            return False
        self.frames.wanted = 0
        try:
            while data := self.read(self.fd, RECEIVE_BYTES):
                self.take(data)
                if self.frames.close is not None:
                    return False
        except BlockingIOError:
            return not self.wants_write
        except (OSError, ConnectionLostError, MalformedResponseError):
            return False
        return False

    def close(self) -> None:
        """Say so, where that can be said, and close the socket; safe to call twice."""
        if self.state is State.OPEN and not self.wants_write:
            with suppress(OSError):
                self.write(self.fd, _GOING)
        super().close()
