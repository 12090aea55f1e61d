"""The open loop, in virtual time: exact answers by Lindley's recursion."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.loops import OpenLoop
from bench.load.pools.pool import NO_PORT
from bench.load.reckoning.samples import Code, Samples
from tests.load.sending import RIGHT, script
from tests.load.virtual import (
    MS,
    VirtualConnection,
    VirtualPool,
    World,
    planned,
    queueing,
    taking,
)

END = 5_000 * MS
DEADLINE = 10_000 * MS


def run(
    world: World,
    samples: Samples,
    connections: int,
    end_ns: int = END,
    deadline_ns: int = DEADLINE,
    *,
    goes_on: bool = False,
) -> Samples:
    """Send a plan into a world."""
    pool = VirtualPool(world, connections)
    loop = OpenLoop(pool, script().sequence_from(0), samples, goes_on=goes_on)
    loop.run(end_ns, deadline_ns)
    return samples


def outcomes(samples: Samples) -> dict[Code, int]:
    """How often each outcome was written down."""
    return {Code(code): n for code, n in Counter(samples.codes().tolist()).items()}


def lindley(due: Sequence[int], services: Sequence[int]) -> list[int]:
    """When each request is answered by one server: free = max(arrival, free) + service."""
    free, done = 0, []
    for arrival, service in zip(due, services, strict=True):
        free = max(arrival, free) + service
        done.append(free)
    return done


def test_each_request_is_sent_when_it_is_due() -> None:
    """With a free connection for each, sent is intended, to the nanosecond."""
    due = [MS, 2 * MS, 2 * MS, 2 * MS + 1, 50 * MS]
    samples = run(World(taking(5 * MS)), planned(due), connections=5)
    assert samples.column("sent").tolist() == due
    assert samples.column("done").tolist() == [at + 5 * MS for at in due]


@given(
    gaps=st.lists(st.integers(0, 4 * MS), min_size=1, max_size=60),
    services=st.lists(st.integers(1, 4 * MS), min_size=60, max_size=60),
    connections=st.integers(1, 40),
)
def test_response_times_are_those_of_lindleys_recursion(
    gaps: list[int], services: list[int], connections: int
) -> None:
    """Whatever the arrivals, the service times and the connections: exact for every request."""
    due = np.cumsum(gaps).tolist()
    samples = run(World(queueing(services)), planned(due), connections)
    assert samples.column("done").tolist() == lindley(due, services[: len(due)])
    assert outcomes(samples) == {Code.OK: len(due)}


def test_a_stall_is_charged_to_every_request_that_was_due_in_it() -> None:
    """Stalled 300 of 1000 ms, (300 - t) / 1000 of the requests must be slower than t."""
    due = [n * MS for n in range(1000)]
    server = queueing([1] * 1000, stall=range(200 * MS, 500 * MS))
    samples = run(World(server), planned(due), connections=8)
    response_ms = (samples.column("done") - samples.column("due")) / MS
    slower = [int((response_ms > t).sum()) for t in (0.5, 100.5, 200.5, 299.5)]
    assert slower == [300, 200, 100, 1]
    assert response_ms.max() == pytest.approx(300, abs=0.01)


def test_the_plan_is_not_shifted_after_a_stall() -> None:
    """Once the server answers again, what is overdue goes at once and the rest at its time."""
    due = [n * MS for n in range(100)]
    server = queueing([1] * 100, stall=range(20 * MS, 50 * MS))
    samples = run(World(server), planned(due), connections=2)
    sent = samples.column("sent")
    assert samples.column("due").tolist() == due
    assert sent[51:].tolist() == due[51:]
    assert (sent[22:50] >= 50 * MS).all()


def test_all_that_is_due_is_sent_on_a_late_wake_up() -> None:
    """A timer 10 ms late sends eleven requests at once, and no request waits for the next timer."""
    due = [n * MS for n in range(1, 101)]
    world = World(taking(1), late_ns=10 * MS)
    samples = run(world, planned(due), connections=32)
    assert Counter(world.sent_at)[11 * MS] == 11
    assert ((samples.column("sent") - samples.column("due")) <= 10 * MS).all()


def test_it_does_not_spin_while_all_connections_are_busy() -> None:
    """Overdue requests wait for an answer, not for their own past."""
    due = [n * MS for n in range(100)]
    world = World(queueing([3 * MS] * 100))
    run(world, planned(due), connections=1)
    assert len(world.waits) <= 2 * len(due) + 2


def test_what_cannot_be_sent_before_the_deadline_is_unsent() -> None:
    """One connection that is never answered: one timeout, and the rest were not sent."""
    due = [n * MS for n in range(10)]
    world = World(lambda _, __: None)
    samples = run(world, planned(due), 1, end_ns=20 * MS, deadline_ns=50 * MS)
    assert outcomes(samples) == {Code.TIMEOUT: 1, Code.UNSENT: 9}
    assert samples.column("sent")[1:].tolist() == [0] * 9
    assert world.time == 50 * MS


def test_it_does_not_wait_for_a_request_that_is_due_after_the_end() -> None:
    """A plan that is longer than the slice does not make the slice longer: the rest is dropped."""
    world = World(taking(1))
    samples = run(world, planned([MS, 20 * MS, 99 * MS]), 1, end_ns=20 * MS)
    assert outcomes(samples) == {Code.OK: 1}
    assert samples.column("due").tolist() == [MS]
    assert world.time == MS + 1


def test_without_any_connection_what_is_due_has_failed_to_connect() -> None:
    """Refused is not the same as unsent: the server, not the client, is the cause."""
    world = World(taking(1))
    samples = run(world, planned([MS, 2 * MS]), connections=0)
    assert outcomes(samples) == {Code.CONNECT_FAILED: 2}


def test_an_idle_connection_that_is_lost_is_replaced_before_it_is_needed() -> None:
    """A server that closes idle connections costs no request."""
    world = World(taking(MS))
    pool = VirtualPool(world, 2, connect_ns=MS)
    for connection in pool.by_fd.values():
        assert isinstance(connection, VirtualConnection)
        world.at(10 * MS, connection, ConnectionResetError(104, "closed"))
    samples = planned([MS, 30 * MS, 30 * MS])
    OpenLoop(pool, script().sequence_from(0), samples).run(END, DEADLINE)
    assert outcomes(samples) == {Code.OK: 3}
    assert (pool.lost, pool.opened) == (2, 2)
    assert samples.column("sent").tolist() == [MS, 30 * MS, 30 * MS]


def test_a_lost_connection_fails_the_one_request_that_was_in_flight_on_it() -> None:
    """The others go on, also over the connection that takes its place."""
    world = World(taking(MS, RIGHT))

    def serve(connection: VirtualConnection, now: int) -> None:
        lost = len(world.sent_at) == 2
        world.at(now + MS, connection, ConnectionResetError(104, "reset") if lost else RIGHT)

    world.server = serve
    samples = run(world, planned(n * 2 * MS for n in range(1, 6)), connections=1)
    assert outcomes(samples) == {Code.OK: 4, Code.RESET: 1}
    assert samples.errors == ["reset: [Errno 104] reset"]


def test_an_answer_to_no_request_costs_the_connection_and_no_request() -> None:
    """What comes unasked is noted, and is not taken for the next request's answer."""
    world = World(taking(MS))
    pool = VirtualPool(world, 1)
    (connection,) = pool.by_fd.values()
    assert isinstance(connection, VirtualConnection)
    world.at(20 * MS, connection, RIGHT)
    samples = planned([MS, 50 * MS])
    OpenLoop(pool, script().sequence_from(0), samples).run(END, DEADLINE)
    assert outcomes(samples) == {Code.OK: 2}
    assert (pool.lost, pool.opened) == (0, 1)
    assert samples.errors == ["wrong_body: bytes to no request"]


def test_waiting_for_a_connection_is_told_apart_from_the_generators_own_delay() -> None:
    """One connection, 10 ms a request, due every 4 ms: each waits for the one before it."""
    world = World(taking(10 * MS))
    samples = run(world, planned([0, 4 * MS, 8 * MS]), connections=1)
    assert samples.column("freed").tolist() == [0, 10 * MS, 20 * MS]
    assert samples.column("noticed").tolist() == [0, 4 * MS, 8 * MS]
    assert samples.column("sent").tolist() == [0, 10 * MS, 20 * MS]


def test_a_generator_that_is_late_does_not_see_in_time_what_waits() -> None:
    """What was due while it slept waited for it; for a connection from when it woke."""
    world = World(taking(10 * MS), late_ns=3 * MS)
    samples = run(world, planned([0, 4 * MS]), connections=1)
    assert samples.column("noticed").tolist() == [0, 7 * MS]


def test_a_late_timer_is_the_generators_own_delay() -> None:
    """A connection was free all the time: nothing had to be waited for."""
    world = World(taking(MS), late_ns=3 * MS)
    samples = run(world, planned([10 * MS]), connections=1)
    assert samples.column("freed").tolist() == [0]
    assert samples.column("sent").tolist() == [13 * MS]


@pytest.mark.parametrize("stall", [range(0), range(90 * MS, 140 * MS)])
def test_load_goes_on_until_all_that_was_due_before_the_end_is_answered(stall: range) -> None:
    """A stall at the end is waited out under load, and what was due before it came first."""
    due = [n * MS for n in range(1000)]
    world = World(queueing([MS // 2] * 1000, stall))
    samples = run(world, planned(due), 400, end_ns=100 * MS, goes_on=True)
    done = samples.column("done")
    answered_ns = int(done[99])
    assert samples.column("due").tolist() == [at for at in due if at <= answered_ns]
    assert samples.column("sent").tolist() == samples.column("due").tolist()
    assert outcomes(samples) == {Code.OK: samples.used}
    assert world.time == done.max()
    alone = run(World(queueing([MS // 2] * 1000, stall)), planned(due), 400, end_ns=100 * MS)
    assert done[:100].tolist() == alone.column("done").tolist(), "they came first"


def test_without_going_on_nothing_is_sent_that_is_due_after_the_end() -> None:
    """However long the answers take."""
    due = [n * MS for n in range(1000)]
    samples = run(World(taking(50 * MS)), planned(due), 400, end_ns=100 * MS)
    assert samples.column("due").tolist() == due[:100]
    assert outcomes(samples) == {Code.OK: 100}


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_server_that_never_answers_ends_the_slice_at_its_deadline(*, goes_on: bool) -> None:
    """What was due in it has timed out or is unsent, and what was not sent after it is dropped."""
    due = [n * MS for n in range(1000)]
    world = World(lambda _, __: None)
    samples = run(world, planned(due), 5, end_ns=100 * MS, deadline_ns=150 * MS, goes_on=goes_on)
    assert outcomes(samples) == {Code.TIMEOUT: 5, Code.UNSENT: 95}
    assert world.time == 150 * MS


def test_a_server_that_never_answers_has_all_of_its_requests_given_up_at_once() -> None:
    """Those that were sent after the end, too: nothing would be learned by waiting for them."""
    due = [n * MS for n in range(1000)]
    world = World(lambda _, __: None)
    samples = run(world, planned(due), 500, end_ns=100 * MS, deadline_ns=150 * MS, goes_on=True)
    assert outcomes(samples) == {Code.TIMEOUT: 151}
    assert set(samples.column("done").tolist()) == {150 * MS}
    assert world.time == 150 * MS


def test_load_that_goes_on_waits_also_where_its_plan_is_used_up() -> None:
    """There may be no room for more."""
    due = [n * MS for n in range(110)]
    samples = run(World(taking(80 * MS)), planned(due), 400, end_ns=100 * MS, goes_on=True)
    assert outcomes(samples) == {Code.OK: 110}


def test_a_machine_without_ports_leaves_requests_unsent() -> None:
    """They have not failed to connect: the server, who would have let them, is not the cause."""
    closing = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    pool = VirtualPool(World(taking(MS, closing)), 2, ports=3)
    samples = planned(n * 10 * MS for n in range(20))
    OpenLoop(pool, script().sequence_from(0), samples).run(END, DEADLINE)
    assert outcomes(samples) == {Code.OK: 5, Code.UNSENT: 15}
    assert samples.errors == [f"unsent: [Errno 99] {NO_PORT}"] * 2
