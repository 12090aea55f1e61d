"""Both loops under a server that does anything: they end in time, and every request has an outcome.

In virtual time, so that a loop that hangs is seen at once.
"""

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.reckoning.samples import Code, Samples
from tests.load.hostile import ANYTHING, CUTS, cut, effort
from tests.load.sending import RIGHT, exchange, script
from tests.load.unruly import (
    CAPACITY,
    DEADLINE,
    DUE,
    END,
    Hostile,
    Watched,
    assert_all_is_told,
)
from tests.load.virtual import MS, Event, VirtualPool, planned

LINES: Final = script(exchange(), exchange("HEAD", body=b"")).sequence_from(0)


@st.composite
def events(draw: st.DrawFn) -> list[tuple[int, Event]]:
    """One answer in pieces, or several, or none; perhaps the connection's end."""
    raw = b"".join(draw(st.lists(st.one_of(st.just(RIGHT), ANYTHING), max_size=2)))
    pieces: list[Event] = [*cut(raw, draw(CUTS))]
    pieces += draw(
        st.sampled_from([[], [], [b""], [ConnectionResetError(104, "reset")], [BlockingIOError()]])
    )
    return [(draw(st.sampled_from([1, 1, 1000, 5 * MS, 50 * MS])), piece) for piece in pieces]


SERVERS = st.lists(events(), min_size=1, max_size=5).map(Hostile)
CONNECTING = st.fixed_dictionaries(
    {
        "connect_ns": st.sampled_from([0, 1, 1000, 25 * MS, None]),
        "connected": st.sampled_from([None, None, ConnectionRefusedError(111, "refused")]),
    }
)
RIGHT_ALONE: list[tuple[int, Event]] = [(1, RIGHT)]
STRAY: list[tuple[int, Event]] = [(1, RIGHT), (1, b"HTTP")]


def over_by(*, goes_on: bool) -> int:
    """When a slice is over: what is sent after its end may wait as long as all others."""
    return 2 * DEADLINE - END if goes_on else DEADLINE


@effort(75)
@given(SERVERS, CONNECTING, st.integers(1, 4), st.booleans(), st.sampled_from([0, MS, 2 * END]))
@example(Hostile([STRAY]), {"connect_ns": 0}, 1, False, 0)
def test_a_closed_loop_ends_and_tells_of_all(
    server: Hostile,
    connecting: "dict[str, int | None]",
    connections: int,
    goes_on: bool,  # noqa: FBT001 - hypothesis names no arguments here
    ramp_ns: int,
) -> None:
    """It never raises, never passes its deadline, and no slot is left without an outcome."""
    world = Watched(server)
    pool = VirtualPool(world, connections, **connecting)  # type: ignore[arg-type]
    samples = Samples(CAPACITY)
    ClosedLoop(pool, LINES, samples, goes_on=goes_on, ramp_ns=ramp_ns).run(END, DEADLINE)
    assert world.time <= over_by(goes_on=goes_on)
    assert len(pool.by_fd) <= connections
    assert samples.used > 0
    assert (samples.codes() != Code.UNSENT).all()
    assert_all_is_told(samples, over_by(goes_on=goes_on))


@effort(75)
@given(SERVERS, CONNECTING, st.integers(1, 4), DUE, st.booleans())
@example(Hostile([STRAY]), {"connect_ns": 0}, 1, [1, MS, 2 * MS], False)
@example(Hostile([RIGHT_ALONE]), {"connect_ns": None}, 2, [1] * 5, False)
def test_an_open_loop_ends_and_tells_of_all(
    server: Hostile,
    connecting: "dict[str, int | None]",
    connections: int,
    due: list[int],
    goes_on: bool,  # noqa: FBT001 - hypothesis names no arguments here
) -> None:
    """As the closed loop; what could not be sent is unsent, and never sent before it was due."""
    world = Watched(server)
    pool = VirtualPool(world, connections, **connecting)  # type: ignore[arg-type]
    samples = planned(sorted(due))
    OpenLoop(pool, LINES, samples, goes_on=goes_on).run(END, DEADLINE)
    assert world.time <= over_by(goes_on=goes_on)
    assert len(pool.by_fd) <= connections
    counted = sum(at < END for at in due)
    assert samples.used >= counted if goes_on else samples.used == counted
    sent = samples.column("sent")
    assert (sent[sent > 0] >= samples.column("due")[sent > 0]).all()
    assert (sent[counted:] > 0).all(), "what is due after the end was sent, or it is dropped"
    assert_all_is_told(samples, over_by(goes_on=goes_on))


@pytest.mark.parametrize("stray", [b"H", b"HTTP/1.1 200 OK\r\n", b"\r\n", b"\0"])
def test_bytes_that_nobody_asked_for_are_not_passed_over(stray: bytes) -> None:
    """A right answer to the next request does not make up for them."""
    world = Watched(Hostile([[(1, RIGHT), (1, stray)]]))
    samples = planned([1, MS, 2 * MS])
    lines = script().sequence_from(0)
    OpenLoop(VirtualPool(world, 1), lines, samples).run(END, DEADLINE)
    assert samples.errors
