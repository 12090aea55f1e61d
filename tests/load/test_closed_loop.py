"""The closed loop, in virtual time."""

from collections import Counter

import pytest

from bench.load.loops import ClosedLoop
from bench.load.samples import Code, Samples
from bench.workload import Checked, Created, Exchange
from tests.load.sending import BODY, RIGHT, answer, exchange, script
from tests.load.virtual import (
    MS,
    Event,
    Server,
    VirtualConnection,
    VirtualPool,
    World,
    taking,
)


def run(pool: VirtualPool) -> Samples:
    """Load for 100 ms of virtual time, and 50 ms more for what is in flight."""
    samples = Samples(10_000)
    ClosedLoop(pool, script().sequence_from(0), samples).run(100 * MS, 150 * MS)
    return samples


def outcomes(samples: Samples) -> dict[Code, int]:
    """How often each outcome was written down."""
    return {Code(code): n for code, n in Counter(samples.codes().tolist()).items()}


def lying_at(lies: dict[int, Event], *, service_ns: int = MS) -> Server:
    """A server that answers rightly but to the requests that are numbered here."""
    asked = 0

    def serve(connection: VirtualConnection, now: int) -> None:
        nonlocal asked
        asked += 1
        connection.world.at(now + service_ns, connection, lies.get(asked, RIGHT))

    return serve


@pytest.mark.parametrize("connections", [1, 7, 32])
def test_every_connection_is_always_busy(connections: int) -> None:
    """N connections and a server that takes 1 ms make N requests every millisecond, no more."""
    world = World(taking(MS))
    samples = run(VirtualPool(world, connections))
    assert world.sent_at == [ms * MS for ms in range(100) for _ in range(connections)]
    assert outcomes(samples) == {Code.OK: 100 * connections}


def test_sent_and_done_are_the_times_of_sending_and_of_the_last_byte() -> None:
    """Service time is what the server took, to the nanosecond."""
    world = World(taking(3 * MS + 7))
    samples = run(VirtualPool(world, 2))
    assert set((samples.column("done") - samples.column("sent")).tolist()) == {3 * MS + 7}


def test_nothing_is_sent_after_the_end_and_the_rest_is_awaited() -> None:
    """What is in flight at the end is awaited, and counts as answered."""
    world = World(taking(30 * MS))
    samples = run(VirtualPool(world, 1))
    assert samples.column("sent").tolist() == [0, 30 * MS, 60 * MS, 90 * MS]
    assert samples.column("done")[-1] == 120 * MS
    assert outcomes(samples) == {Code.OK: 4}


def test_it_never_waits_past_its_deadline() -> None:
    """A server that never answers costs the slice its deadline, not more."""
    world = World(lambda _, __: None)
    pool = VirtualPool(world, 5)
    samples = run(pool)
    assert world.time == 150 * MS
    assert outcomes(samples) == {Code.TIMEOUT: 5}
    assert not pool.by_fd, "an answer may still come on these connections"


@pytest.mark.parametrize(
    ("lie", "outcome"),
    [
        (answer(b"{}", b"500 Oops"), Code.WRONG_STATUS),
        (answer(b'{"id":2}'), Code.WRONG_BODY),
        (answer(b""), Code.WRONG_BODY),
        (RIGHT + b"x", Code.WRONG_BODY),
        (RIGHT + RIGHT, Code.WRONG_BODY),
        (b"garbage\r\n\r\n", Code.WRONG_BODY),
        (ConnectionResetError(104, "reset"), Code.RESET),
    ],
)
def test_a_lie_is_counted_once(lie: Event, outcome: Code) -> None:
    """Three lies are three outcomes of that kind, and every other request is answered."""
    world = World(lying_at(dict.fromkeys((3, 50, 77), lie)))
    samples = run(VirtualPool(world, 2))
    assert outcomes(samples) == {Code.OK: samples.used - 3, outcome: 3}
    assert samples.used == 200


def test_the_first_failures_are_kept_in_words() -> None:
    """A person can read what went wrong, and memory stays bounded."""
    world = World(taking(MS, answer(b"no", b"404 Not Found")))
    samples = run(VirtualPool(world, 2))
    assert len(samples.errors) == 5
    assert samples.errors[0] == "GET /items/1: expected status 200, got 404: b'no'"


def test_a_connection_that_is_closed_after_its_answer_is_replaced_without_failure() -> None:
    """Connection: close costs a connection, counted, and no request."""
    closing = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    world = World(lying_at(dict.fromkeys(range(10, 200, 10), closing)))
    pool = VirtualPool(world, 2)
    samples = run(pool)
    assert outcomes(samples) == {Code.OK: 200}
    assert (pool.lost, pool.opened, len(pool.by_fd)) == (19, 19, 2)


def test_a_server_that_refuses_new_connections_fails_one_request_for_each() -> None:
    """A connection that cannot be replaced is a failed request; the loop ends with the last."""
    world = World(lying_at(dict.fromkeys((5, 6), ConnectionResetError(104, "closed"))))
    pool = VirtualPool(world, 2, connect_ns=None)
    samples = run(pool)
    assert outcomes(samples) == {Code.OK: 4, Code.RESET: 2, Code.CONNECT_FAILED: 2}
    assert world.time < 100 * MS, "with no connection left there is nothing to wait for"


def test_connections_that_are_closed_after_every_answer_are_all_replaced() -> None:
    """A server that keeps none alive is loaded to the end; each of its connections is counted."""
    closing = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    pool = VirtualPool(World(taking(MS, closing)), 4)
    samples = run(pool)
    assert outcomes(samples) == {Code.OK: 400}
    assert (pool.lost, pool.opened, len(pool.by_fd)) == (400, 400, 4)
    assert samples.errors == []


def test_a_new_connection_that_is_refused_later_is_a_failed_request() -> None:
    """Connecting may fail after it was begun."""
    world = World(lying_at({5: ConnectionResetError(104, "closed")}))
    refused = ConnectionRefusedError(111, "refused")
    pool = VirtualPool(world, 2, connect_ns=MS, connected=refused)
    samples = run(pool)
    assert outcomes(samples)[Code.CONNECT_FAILED] == 1
    assert len(pool.by_fd) == 1


def test_it_ends_when_there_is_no_room_to_write_more_down() -> None:
    """Every request that was sent has its line."""
    world = World(taking(MS))
    samples = Samples(10)
    ClosedLoop(VirtualPool(world, 3), script().sequence_from(0), samples).run(100 * MS, 150 * MS)
    assert outcomes(samples) == {Code.OK: 10}
    assert world.time == 4 * MS


def test_an_empty_pool_ends_the_slice_at_once() -> None:
    """Nothing can be sent without a connection."""
    world = World(taking(MS))
    samples = run(VirtualPool(world, 0))
    assert (samples.used, world.time) == (0, 0)


def test_a_right_answer_is_known_when_it_comes_again() -> None:
    """Byte for byte, head and all: it is not looked at closely a second time."""
    looked_at: list[bytes] = []
    looking = Checked(lambda response: looked_at.append(response.content))
    lines = script(Exchange(exchange().request, looking)).sequence_from(0)
    samples = Samples(10_000)
    ClosedLoop(VirtualPool(World(taking(MS)), 2), lines, samples).run(100 * MS, 150 * MS)
    assert outcomes(samples) == {Code.OK: 200}
    assert looked_at == [BODY]


@pytest.mark.parametrize("change", [(b"200 OK", b"200 Ok"), (b"}", b"]"), (b"8\r", b"7\r")])
def test_an_answer_that_differs_in_one_byte_is_looked_at(change: tuple[bytes, bytes]) -> None:
    """In its status line, its body or its length; wrong ones are counted as wrong."""
    other = RIGHT.replace(*change)
    world = World(lying_at({50: other}))
    samples = run(VirtualPool(world, 1))
    right = change[0] == b"200 OK"  # the reason phrase means nothing
    assert outcomes(samples)[Code.OK] == samples.used - (not right)


def test_an_answer_that_must_not_repeat_is_wrong_when_it_does() -> None:
    """An id that is given twice was not created twice."""
    created = answer(b'{"name":"a","id":7}', b"201 Created")
    echoing = Created(set(), {"name": "a"})
    lines = script(Exchange(exchange("POST").request, echoing)).sequence_from(0)
    samples = Samples(10_000)
    pool = VirtualPool(World(taking(MS, created)), 1)
    ClosedLoop(pool, lines, samples).run(3 * MS, 10 * MS)
    assert outcomes(samples) == {Code.OK: 1, Code.WRONG_BODY: 2}


def test_a_known_answer_in_pieces_is_right_too() -> None:
    """Whether it comes at once is the network's business."""

    def serve(connection: VirtualConnection, now: int) -> None:
        connection.world.at(now + MS, connection, RIGHT[:20])
        connection.world.at(now + 2 * MS, connection, RIGHT[20:])

    samples = run(VirtualPool(World(serve), 1))
    assert outcomes(samples) == {Code.OK: 50}


def test_the_kernels_stamp_is_noted_of_stamped_connections_alone() -> None:
    """Of the others nothing is known."""
    pool = VirtualPool(World(taking(MS)), 2)
    stamped = next(iter(pool.by_fd.values()))
    stamped.stamped, stamped.stamp_ns = True, 77
    samples = run(pool)
    assert sorted(Counter(samples.column("received").tolist()).items()) == [(0, 100), (77, 100)]
