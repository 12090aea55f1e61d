"""Both loops of HTTP/2 under a server that does anything: they end, and every request is told of.

In virtual time, so that a loop that hangs is seen at once.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from bench.load.http2.frames import (
    ErrorCode,
    Flag,
    Kind,
    Setting,
    frame,
    goaway,
    rst_stream,
    settings,
    window_update,
)
from bench.load.loops import ClosedStreams, OpenStreams
from bench.load.reckoning.samples import Code, Samples
from tests.load.hostile import CUTS, cut, effort
from tests.load.http2.loading import framed
from tests.load.http2.peer import ENDS, answer, block, head
from tests.load.http2.virtual import VirtualStreamPool, VirtualStreams
from tests.load.sending import BODY, exchange, script
from tests.load.unruly import (
    CAPACITY,
    DEADLINE,
    DUE,
    END,
    Hostile,
    Watched,
    assert_all_is_told,
)
from tests.load.virtual import MS, Event, planned

LINES: Final = framed(
    script(exchange(), exchange("HEAD", body=b""), exchange("POST", b"x" * 40_000))
)
ELSEWHERE: Final = st.sampled_from([0, 0, 0, -2, 2, 1, 1000])  # from the request's own stream
SAID: Final[dict[str, Any]] = {
    "right": answer,
    "head": lambda s: frame(Kind.HEADERS, ENDS, s, head()),
    "wrong": lambda s: answer(s, b'{"id":2}'),
    "begun": lambda s: frame(Kind.HEADERS, Flag.END_HEADERS, s, head()),
    "block": lambda s: frame(Kind.HEADERS, 0, s, head()),
    "continued": lambda s: frame(Kind.CONTINUATION, Flag.END_HEADERS, s),
    "piece": lambda s: frame(Kind.DATA, 0, s, BODY),
    "last": lambda s: frame(Kind.DATA, Flag.END_STREAM, s, BODY),
    "interim": lambda s: frame(Kind.HEADERS, Flag.END_HEADERS, s, head(None, 103)),
    "trailers": lambda s: frame(Kind.HEADERS, ENDS, s, block([("x", "y")])),
    "reset": lambda s: rst_stream(max(s, 0), ErrorCode.REFUSED_STREAM),
    "goaway": lambda s: goaway(max(s, 0), ErrorCode.NO_ERROR),
    "window": lambda s: window_update(max(s, 0), 30_000) + window_update(0, 30_000),
    "few streams": lambda _: settings({Setting.MAX_CONCURRENT_STREAMS: 1}),
    "no window": lambda _: settings({Setting.INITIAL_WINDOW_SIZE: 0}),
    "no table": lambda _: settings({Setting.HEADER_TABLE_SIZE: 0}),
    "ping": lambda _: frame(Kind.PING, 0, 0, b"12345678"),
    "garbage": lambda _: b"\xff" * 20,
}


@dataclass
class Unruly:
    """A server that does one list of things after the other, each some time after a request."""

    deeds: list[list[tuple[int, str, int, set[int], Event]]]
    given: int = field(default=0, init=False)

    def __call__(self, connection: VirtualStreams, stream: int, now: int) -> None:
        """Let a request have the next deeds."""
        deeds = self.deeds[self.given % len(self.deeds)]
        self.given += 1
        for delay, said, elsewhere, places, end in deeds:
            raw = SAID[said](max(stream + elsewhere, 0))
            for piece in cut(raw, places):
                now += delay
                connection.world.at(now, connection, piece)
            if end is not None:
                connection.world.at(now, connection, end)


ENDINGS: Final[list[Event]] = [b"", ConnectionResetError(104, "reset"), BlockingIOError()]
NO_END: Final[list[Event]] = [None] * 8
deeds = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1000, 5 * MS]),
        st.one_of(st.just("right"), st.sampled_from(list(SAID))),
        ELSEWHERE,
        CUTS,
        st.sampled_from(NO_END + ENDINGS),
    ),
    max_size=3,
)
SERVERS = st.lists(deeds, min_size=1, max_size=5).map(Unruly)
SHARES = st.lists(st.integers(1, 4), min_size=1, max_size=3)
CONNECTING = st.fixed_dictionaries(
    {
        "connect_ns": st.sampled_from([0, 1, 1000, 25 * MS, None]),
        "connected": st.sampled_from([None, None, ConnectionRefusedError(111, "refused")]),
    }
)


def over_by(*, goes_on: bool) -> int:
    """When a slice is over: what is sent after its end may wait as long as all others."""
    return 2 * DEADLINE - END if goes_on else DEADLINE


@effort(100)
@given(SERVERS, CONNECTING, SHARES, st.booleans(), st.sampled_from([0, MS, 2 * END]))
def test_a_closed_loop_ends_and_tells_of_all(
    server: Unruly,
    connecting: dict[str, Any],
    shares: list[int],
    goes_on: bool,  # noqa: FBT001 - hypothesis names no arguments here
    ramp_ns: int,
) -> None:
    """It never raises, never passes its deadline, and no slot is left without an outcome."""
    world = Watched(Hostile([[]]))
    pool = VirtualStreamPool(world, shares, server, **connecting)
    samples = Samples(CAPACITY)
    ClosedStreams(pool, LINES, samples, goes_on=goes_on, ramp_ns=ramp_ns).run(END, DEADLINE)
    assert world.time <= over_by(goes_on=goes_on)
    assert len(pool.by_fd) <= len(shares)
    assert samples.used > 0
    assert (samples.codes() != Code.UNSENT).all()
    assert_all_is_told(samples, over_by(goes_on=goes_on))
    assert_no_more_in_flight(samples, sum(shares))


@effort(100)
@given(SERVERS, CONNECTING, SHARES, DUE, st.booleans())
def test_an_open_loop_ends_and_tells_of_all(
    server: Unruly,
    connecting: dict[str, Any],
    shares: list[int],
    due: list[int],
    goes_on: bool,  # noqa: FBT001 - hypothesis names no arguments here
) -> None:
    """As the closed loop; what could not be sent is unsent, and never sent before it was due."""
    world = Watched(Hostile([[]]))
    pool = VirtualStreamPool(world, shares, server, **connecting)
    samples = planned(sorted(due))
    OpenStreams(pool, LINES, samples, goes_on=goes_on).run(END, DEADLINE)
    assert world.time <= over_by(goes_on=goes_on)
    assert len(pool.by_fd) <= len(shares)
    counted = sum(at < END for at in due)
    assert samples.used >= counted if goes_on else samples.used == counted
    sent = samples.column("sent")
    assert (sent[sent > 0] >= samples.column("due")[sent > 0]).all()
    assert_all_is_told(samples, over_by(goes_on=goes_on))


def assert_no_more_in_flight(samples: Samples, most: int) -> None:
    """Requests that wait to be sent again count, too: they are in nobody else's place."""
    sent, done = samples.column("sent"), samples.column("done")
    assert all(((sent <= at) & (done > at)).sum() <= 2 * most for at in sent[sent > 0])
