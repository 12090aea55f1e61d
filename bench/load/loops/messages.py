"""Both loops over WebSockets: a connection has one message in flight, and waits for its answer."""

from typing import Any, cast

from bench.load.http1.connection import IDLE, Connection
from bench.load.loops.closed import ClosedLoop
from bench.load.loops.open import OpenLoop
from bench.load.loops.serial import SerialLoop
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError
from bench.load.pools.pool import MessagePool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.message_script import MessageLine
from bench.load.scripts.script import ScriptLine
from bench.load.websocket.connection import MessageConnection


class MessageLoop(SerialLoop):
    """What both loops over WebSockets share; it stands before a loop among the bases of a class.

    A server that breaks the protocol has answered what was in flight wrongly; one that closes the
    connection, by a close frame or without, has lost it. Pings are answered at any time.
    """

    def __init__(
        self, pool: MessagePool, lines: list[ScriptLine], samples: Samples, **how: Any
    ) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop.

        Lines are those of a `MessageScript`.
        """
        super().__init__(pool, lines, samples, **how)
        self._messages = cast("list[MessageLine]", lines)

    def _send(self, connection: Connection, slot: int, now: int) -> None:
        """As of every loop, but after a pong that the socket has not taken yet."""
        if not connection.wants_write:
            super()._send(connection, slot, now)
            return
        connection.slot, connection.expected = slot, None
        self._samples.sent[slot] = now
        _upgraded(connection).queue(self._messages[slot & self._mask].wire)

    def _on_read(self, connection: Connection, data: bytes) -> None:
        """Take what is no known answer: new, in pieces, wrong, or none; or a control frame."""
        if not data:
            lost = ConnectionLostError("the server closed the connection without a close frame")
            self._failed(connection, Code.RESET, lost)
            return
        if connection.expected is not None:
            data = self._all(connection, data)
            connection.expected = None
        upgraded, slot = _upgraded(connection), connection.slot
        frames, before = upgraded.frames, connection.wants_write
        frames.wanted = 0 if slot == IDLE else self._messages[slot & self._mask].count
        whole = data if frames.fresh else None
        try:
            upgraded.take(data)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
        except MalformedResponseError as error:
            self._failed(connection, Code.WRONG_BODY, error)
        else:
            if connection.wants_write is not before:
                self._poller.rewatch(connection)
            self._go_on(upgraded, whole)

    def _go_on(self, connection: MessageConnection, whole: bytes | None) -> None:
        """See what has come: `whole` is all that was received since the message was sent."""
        frames, slot = connection.frames, connection.slot
        answered = slot != IDLE and len(frames.messages) == frames.wanted
        if answered and connection.unsent:
            self._unasked(connection, slot)
            return
        if answered:
            self._judge(connection, slot, whole if frames.plain else None)
        if frames.close is not None:
            lost = ConnectionLostError(frames.close.described)
            self._failed(connection, Code.RESET, lost)
        elif answered:
            self._freed(connection, self._now())

    def _judge(self, connection: MessageConnection, slot: int, whole: bytes | None) -> None:
        line, samples = self._messages[slot & self._mask], self._samples
        connection.slot = IDLE
        samples.done[slot] = self._now()
        samples.received[slot] = connection.stamp_ns
        samples.code[slot] = code = line.judged(connection.frames.messages, samples.note)
        connection.frames.begin()
        if whole is not None and code is Code.OK:
            line.remember(whole)


def _upgraded(connection: Connection) -> MessageConnection:
    """The pool of such a loop has no other connections."""
    return cast("MessageConnection", connection)


class ClosedMessages(MessageLoop, ClosedLoop):
    """Each connection sends its next message when the last one is answered."""


class OpenMessages(MessageLoop, OpenLoop):
    """Each message is sent when it is due, or as soon after as a connection is free."""
