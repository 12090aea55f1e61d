"""What all loops with many requests in flight on a connection share: each is judged as it ends.

A request that the server says it has not processed (GOAWAY) is sent again, over another connection
or a new one, and its time goes on: a client would wait as long. One that is refused too often so is
lost, and so is whatever was in flight on a connection that ends. A server that breaks the protocol
has answered all that was in flight on the connection wrongly.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from bench.load.http2.events import Answered, Event, Reset, Spoilt, Unprocessed
from bench.load.loops.base import LAST, OK, Loop
from bench.load.net.link import ConnectionLostError
from bench.load.net.pollable import Multiplexed
from bench.load.pools.pool import MultiplexedPool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import ScriptLine

MOST_TRIES: Final = 3  # of a request that a server which goes away has not processed
M = TypeVar("M", bound=Multiplexed)


class MultiplexedLoop(Loop[M]):
    """A loop over connections on which several requests are in flight; tokens are slots."""

    def __init__(
        self,
        pool: MultiplexedPool[M],
        lines: Sequence[object] | Mapping[int, object],
        samples: Samples,
        **how: Any,
    ) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop."""
        super().__init__(pool, lines, samples, **how)
        self._again: deque[int] = deque()  # slots that were not processed
        self._tries: dict[int, int] = {}

    def _slots_on(self, connection: M) -> Sequence[int]:
        return connection.session.tokens()

    def _in_flight(self, before: int = LAST) -> bool:
        """As of every loop; or is to be sent again."""
        return super()._in_flight(before) or any(slot < before for slot in self._again)

    @abstractmethod
    def _put(self, connection: M, slot: int) -> None:
        """Put a request into a connection's session."""

    def _on_connecting(self, connection: M, mask: int) -> None:
        try:
            self._go_on_connecting(connection, mask)
        except OSError as error:
            self._pool.discard(connection)
            self._unconnected(error)

    def _took(self, connection: M, freed: int) -> None:
        """What came over a connection was taken, and so many requests have ended."""
        session = connection.session
        if session.error is not None:
            self._failed(connection, Code.WRONG_BODY, session.error)
        elif session.leaving is not None and not session.in_flight:
            self._replace(connection, lost=True)
        elif self._settled(connection):
            self._refill(connection, freed)

    def _refill(self, connection: M, freed: int) -> None:
        """Some requests have ended on a connection; others may be sent."""
        if connection.session.leaving is None:
            self._freed(connection, freed, self._now())

    @abstractmethod
    def _freed(self, connection: M, count: int, now: int) -> None:
        """So many requests have ended on a connection, which can take others from `now` on."""

    def _begin_on(self, connection: M, now: int) -> None:
        self._freed(connection, connection.room, now)

    def _sent(self, slots: Iterable[int]) -> None:
        """Write down that requests are sent now; of those that are sent again, nothing."""
        sent, now = self._samples.sent, self._now()
        for slot in slots:
            sent[slot] = sent[slot] or now

    def _on(self, connection: M, event: Event) -> None:
        """Write down what became of a request."""
        match event:
            case Answered():
                self._answered(connection, event)
            case Spoilt(slot, error):
                self._end(slot, Code.WRONG_BODY, str(error))
            case Reset(slot, words):
                self._end(slot, Code.RESET, words)
            case Unprocessed(slot):
                self._send_again(slot, connection.session.leaving or "")

    def _send_again(self, slot: int, words: str) -> None:
        tries = self._tries[slot] = self._tries.get(slot, 1) + 1
        if tries > MOST_TRIES:
            self._end(slot, Code.RESET, f"not processed {MOST_TRIES} times: {words}")
        else:
            self._again.append(slot)

    def _end(self, slot: int, code: Code, words: str) -> None:
        """A request has ended without an answer."""
        self._samples.code[slot] = code
        self._samples.done[slot] = self._now()
        self._samples.note(f"{code.name.lower()}: {words}")

    @abstractmethod
    def _answered(self, connection: M, answered: Answered) -> None:
        """Judge an answer."""

    def _judge(self, connection: M, answered: Answered, line: ScriptLine) -> bool:
        """Write down what an answer is; whether it is right."""
        slot, samples, fields, body = answered.token, self._samples, answered.fields, answered.body
        samples.done[slot] = self._now()
        samples.received[slot] = connection.stamp_ns
        if line.recognises(fields.status, body, fields.headers):
            samples.code[slot] = OK
            return True
        code = line.judge(fields, body, samples.note)
        samples.judged(slot, code, line.request, line.status, fields.status, body)
        return code is Code.OK

    def _settled(self, connection: M) -> bool:
        """Send what a session has to say; whether its connection is still there."""
        before = connection.wants_write
        try:
            connection.settle()
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
            return False
        if connection.wants_write is not before:
            self._poller.rewatch(connection)
        return True

    def _failed(self, connection: M, code: Code, error: Exception) -> None:
        """Charge a connection that is done with to what was in flight on it; open another."""
        slots, now = connection.session.tokens(), self._now()
        for slot in slots:
            self._samples.code[slot] = code
            self._samples.done[slot] = now
        if slots or code is not Code.RESET:
            self._samples.note(f"{code.name.lower()}: {error}")
        self._replace(connection, lost=code is Code.RESET)

    def _time_out(self) -> None:
        """Give up what is in flight, and what would have been sent again."""
        for slot in self._again:
            self._end(slot, Code.RESET, "not processed, and there was no time to send it again")
        self._again.clear()
        super()._time_out()
