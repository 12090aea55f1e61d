"""The loops over HTTP/3: a library does the protocol, so all answers go the same way."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from bench.load.http2.events import Answered
from bench.load.loops.closed_multiplexed import ClosedMultiplexed
from bench.load.loops.multiplexed import MultiplexedLoop
from bench.load.loops.open_multiplexed import OpenMultiplexed
from bench.load.net.link import ConnectionLostError, State
from bench.load.pacing.poller import Events
from bench.load.pools.pool import MultiplexedPool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.field_script import FieldLine

if TYPE_CHECKING:  # else the library would be loaded for every load
    from bench.load.http3.connection import QuicConnection

REST_NS: Final = 60_000_000
"""Time that connections have at the end of a load for what is still to be acknowledged: either side
may wait 25 ms before it does (RFC 9000, section 18.2), and resends what it has not heard of."""


class QuicLoop(MultiplexedLoop["QuicConnection"]):
    """A loop over connections that speak HTTP/3."""

    def __init__(
        self,
        pool: MultiplexedPool["QuicConnection"],
        lines: list[FieldLine] | dict[int, FieldLine],
        samples: Samples,
        **how: Any,
    ) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop."""
        super().__init__(pool, lines, samples, **how)
        self._lines = lines

    def _put(self, connection: "QuicConnection", slot: int) -> None:
        line = self._lines[slot & self._mask]
        connection.session.request(slot, line.fields, line.body, head=line.head)

    def _answered(self, connection: "QuicConnection", answered: Answered) -> None:
        self._judge(connection, answered, self._lines[answered.token & self._mask].line)

    def _on_event(self, connection: "QuicConnection", mask: int) -> None:
        """Serve a connection: what has come, what it has to send, or its time."""
        if connection.state is State.CONNECTING:
            self._on_connecting(connection, mask)
            return
        freed = 0
        try:
            for event in connection.receive():
                freed += 1
                self._on(connection, event)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
            return
        self._took(connection, freed)

    def _took(self, connection: "QuicConnection", freed: int) -> None:
        """As of every loop, but that requests are sent together with what is acknowledged."""
        session = connection.session
        if session.error is None and session.leaving is None:
            self._refill(connection, freed)
        if connection.state is State.OPEN:
            super()._took(connection, 0)

    def _finish(self, counted: int, patience_ns: int) -> None:
        super()._finish(counted, patience_ns)
        self._come_to_rest()

    def _come_to_rest(self) -> None:
        """Let both sides acknowledge what they have: else they resend it when nobody listens."""
        until_ns = self._now() + REST_NS
        while self._restless(until_ns):
            self._serve((self._wait(until_ns),))

    def _restless(self, until_ns: int) -> bool:
        """Whether any connection has something to do before a time that is still to come."""
        timers = (each.timer_ns for each in self._pool.by_fd.values())
        due = any(timer_ns is not None and timer_ns < until_ns for timer_ns in timers)
        return due and self._now() < until_ns


class ClosedQuic(ClosedMultiplexed["QuicConnection"], QuicLoop):
    """Each answer has the next request sent."""

    def _serve(self, polls: Iterable[Events]) -> None:
        get, samples, over = self._pool.by_fd.get, self._samples, False
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
                    over = True
                    continue
                self._on_event(connection, mask)
            if over or samples.used == self._last_slot or not self._pool.by_fd:
                return


class OpenQuic(OpenMultiplexed["QuicConnection"], QuicLoop):
    """Each request is sent when it is due, or as soon after as a stream is free."""

    def _serve(self, polls: Iterable[Events]) -> None:
        get = self._pool.by_fd.get
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is not None:
                    self._on_event(connection, mask)
