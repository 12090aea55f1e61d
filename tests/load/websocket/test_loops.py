"""Both loops in virtual time: known delays to the nanosecond, and a server that does anything."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.loops import ClosedMessages, OpenMessages
from bench.load.reckoning.samples import Code, Samples
from bench.load.websocket.frames import Opcode, frame
from bench.workload import Message
from tests.load.hostile import CUTS, cut, effort
from tests.load.unruly import CAPACITY, DEADLINE, DUE, END, Hostile, Watched, assert_all_is_told
from tests.load.virtual import MS, Event, VirtualConnection, World, planned
from tests.load.websocket.loading import compiled
from tests.load.websocket.peer import text
from tests.load.websocket.virtual import VirtualMessagePool, taking

LINES = compiled([Message("ask", "answer")]).sequence_from(0)
RIGHT = text(b"answer")
DELAY = 20 * MS


def test_a_constant_delay_is_what_a_closed_loop_sees() -> None:
    """20 ms for each message, one after the other on each of three connections."""
    world, samples = World(taking(DELAY, RIGHT)), Samples(1000)
    ClosedMessages(VirtualMessagePool(world, 3), LINES, samples).run(200 * MS, 300 * MS)
    took = samples.column("done") - samples.column("sent")
    assert (took == DELAY).all()
    assert samples.used == 30
    assert (samples.codes() == Code.OK).all()


def test_a_constant_delay_is_what_an_open_loop_sees() -> None:
    """From when each was due; with one connection too few, the others wait for it."""
    world = World(taking(DELAY, RIGHT))
    samples = planned([1, 2, 3])
    OpenMessages(VirtualMessagePool(world, 2), LINES, samples).run(50 * MS, 100 * MS)
    took = samples.column("done") - samples.column("due")
    assert took.tolist() == [DELAY, DELAY, 2 * DELAY - 2]


@pytest.mark.parametrize("gap", [1, 3 * MS])
def test_several_messages_are_the_answer_to_one(gap: int) -> None:
    """It has come when the last of them has, each when it likes."""
    parts = [text(b"%d" % number) for number in range(3)]

    def serve(connection: VirtualConnection, now: int) -> None:
        for number, part in enumerate(parts):
            connection.world.at(now + DELAY + number * gap, connection, part)

    lines = compiled([Message("ask", ["0", lambda m: None if m == "1" else "no", "2"])])
    world, samples = World(serve), Samples(1000)
    ClosedMessages(VirtualMessagePool(world, 1), lines.sequence_from(0), samples).run(
        100 * MS, 200 * MS
    )
    took = samples.column("done") - samples.column("sent")
    assert set(took.tolist()) == {DELAY + 2 * gap}
    assert Counter(samples.codes().tolist()) == {Code.OK: samples.used}


def test_which_of_several_messages_is_wrong_is_told() -> None:
    """By its number."""
    world, samples = World(taking(DELAY, text(b"0") + text(b"2"))), Samples(1)
    lines = compiled([Message("ask", ["0", "1"])]).sequence_from(0)
    ClosedMessages(VirtualMessagePool(world, 1), lines, samples).run(100 * MS, 200 * MS)
    assert samples.errors == ["wrong_body: /chat: message 2 of 2: expected '1', got '2'"]


PARTS = st.lists(
    st.sampled_from(
        [
            RIGHT, RIGHT, text(b"no"), frame(Opcode.PING, b"?"), frame(Opcode.PONG, b""),
            frame(Opcode.TEXT, b"ans", fin=False), frame(Opcode.CONTINUATION, b"wer"),
            frame(Opcode.CLOSE, b""), frame(Opcode.BINARY, b"answer"), b"\x81", b"\xff\xff",
            b"HTTP/1.1 400\r\n\r\n", frame(Opcode.TEXT, bytes(70_000)),
        ]
    ),
    max_size=4,
)  # fmt: skip
ENDS: st.SearchStrategy[list[Event]] = st.sampled_from(
    [[], [], [b""], [ConnectionResetError(104, "reset")], [BlockingIOError()]]
)


@st.composite
def events(draw: st.DrawFn) -> list[tuple[int, Event]]:
    """What a server does after a message: frames, cut anyhow; perhaps the connection's end."""
    pieces: list[Event] = [*cut(b"".join(draw(PARTS)), draw(CUTS))]
    pieces += draw(ENDS)
    return [(draw(st.sampled_from([1, 1, 1000, 5 * MS, 50 * MS])), piece) for piece in pieces]


SERVERS = st.lists(events(), min_size=1, max_size=5).map(Hostile)


@effort(100)
@given(SERVERS, st.integers(1, 4), st.booleans())
def test_a_closed_loop_ends_and_tells_of_all(
    server: Hostile,
    connections: int,
    refuses: bool,  # noqa: FBT001 - hypothesis names no arguments here
) -> None:
    """It never raises, never passes its deadline, and no message is left without an outcome."""
    world, samples = Watched(server), Samples(CAPACITY)
    pool = VirtualMessagePool(world, connections, refuses=refuses)
    ClosedMessages(pool, LINES, samples).run(END, DEADLINE)
    assert world.time <= DEADLINE
    assert samples.used > 0
    assert (samples.codes() != Code.UNSENT).all()
    assert_all_is_told(samples, DEADLINE)


@effort(100)
@given(SERVERS, st.integers(1, 4), DUE, st.booleans())
def test_an_open_loop_ends_and_tells_of_all(
    server: Hostile,
    connections: int,
    due: list[int],
    refuses: bool,  # noqa: FBT001 - hypothesis names no arguments here
) -> None:
    """The same, and the plan is never shifted."""
    world, samples = Watched(server), planned(sorted(due))
    pool = VirtualMessagePool(world, connections, refuses=refuses)
    OpenMessages(pool, LINES, samples).run(END, DEADLINE)
    assert world.time <= DEADLINE
    assert_all_is_told(samples, DEADLINE)
    assert (np.diff(samples.column("due")) >= 0).all()
