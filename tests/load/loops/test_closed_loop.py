"""The closed loop, in virtual time."""

from collections import Counter

import pytest

from bench.load.loops import ClosedLoop
from bench.load.pools.pool import NO_PORT
from bench.load.reckoning.samples import Code, Samples
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

CLOSING = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")


def run(pool: VirtualPool, *, goes_on: bool = False, ramp_ns: int = 0) -> Samples:
    """Load for 100 ms of virtual time, and 50 ms more for what is in flight."""
    samples = Samples(10_000)
    loop = ClosedLoop(pool, script().sequence_from(0), samples, goes_on=goes_on, ramp_ns=ramp_ns)
    loop.run(100 * MS, 150 * MS)
    return samples


def outcomes(samples: Samples) -> dict[Code, int]:
    """How often each outcome was written down."""
    return {Code(code): n for code, n in Counter(samples.codes().tolist()).items()}


def lying_at(lies: dict[int, Event], *, service_ns: int = MS) -> Server:
    """A server that answers correctly but to the requests that are numbered here."""
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


def test_all_requests_of_the_script_are_sent_in_their_order() -> None:
    """Also once their answers are known, which the loop then takes without looking closer."""
    world = World(taking(MS))
    lines = script(*(exchange(content=b"%d" % number) for number in range(8))).sequence_from(0)
    ClosedLoop(VirtualPool(world, 3), lines, Samples(10_000)).run(100 * MS, 150 * MS)
    assert world.sent == [line.wire for line in lines[:300]]


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
    assert samples.examples == {"404": "GET /items/1: 404 in place of 200: no"}
    assert set(samples.statuses.values()) == {404}
    assert len(samples.statuses) == samples.used


def test_a_connection_that_is_closed_after_its_answer_is_replaced_without_failure() -> None:
    """Connection: close costs a connection, counted, and no request."""
    world = World(lying_at(dict.fromkeys(range(10, 200, 10), CLOSING)))
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
    pool = VirtualPool(World(taking(MS, CLOSING)), 4)
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


def test_connections_begin_evenly_over_the_ramp() -> None:
    """Each at its time, to the nanosecond; those that have begun go on meanwhile."""
    world = World(taking(25 * MS))
    samples = run(VirtualPool(world, 4), ramp_ns=40 * MS)
    assert world.sent_at[:6] == [0, 10 * MS, 20 * MS, 25 * MS, 30 * MS, 35 * MS]
    assert outcomes(samples) == {Code.OK: samples.used}
    assert samples.used == 4 + 4 + 4 + 3


def test_a_connection_that_is_lost_before_it_begins_begins_when_it_is_replaced() -> None:
    """Once, and the others as if nothing had been."""
    world = World(taking(200 * MS))
    pool = VirtualPool(world, 3, connect_ns=MS)
    last = list(pool.by_fd.values())[-1]
    assert isinstance(last, VirtualConnection)
    world.at(5 * MS, last, ConnectionResetError(104, "closed"))
    run(pool, ramp_ns=60 * MS)
    assert world.sent_at == [0, 6 * MS, 20 * MS]
    assert (pool.lost, pool.opened) == (1, 1)


def slow_at(number: int, slow_ns: int | None, quick_ns: int) -> Server:
    """A server that takes its time for one request, or (None) never answers it."""
    asked = 0

    def serve(connection: VirtualConnection, now: int) -> None:
        nonlocal asked
        asked += 1
        if asked != number:
            connection.world.at(now + quick_ns, connection, RIGHT)
        elif slow_ns is not None:
            connection.world.at(now + slow_ns, connection, RIGHT)

    return serve


def test_load_goes_on_until_all_that_was_sent_before_the_end_is_answered() -> None:
    """Its end cuts no slow answer off; then what is in flight is awaited, and nothing more sent."""
    world = World(slow_at(19, 45 * MS, 10 * MS))
    samples = run(VirtualPool(world, 2), goes_on=True)
    sent, done = samples.column("sent"), samples.column("done")
    assert sent.tolist()[17:] == [at * MS for at in (80, 90, 90, 100, 110, 120, 130, 135)]
    assert done[18] == 135 * MS
    assert done.max() == world.time == 145 * MS
    assert outcomes(samples) == {Code.OK: 25}


def test_load_that_does_not_go_on_leaves_a_slow_answer_alone() -> None:
    """The other connection is idle meanwhile."""
    world = World(slow_at(19, 45 * MS, 10 * MS))
    samples = run(VirtualPool(world, 2))
    assert samples.column("sent").max() == 90 * MS
    assert world.time == 135 * MS
    assert outcomes(samples) == {Code.OK: 20}


def test_load_that_goes_on_ends_with_its_window_where_all_is_answered() -> None:
    """Requests that were sent after the end belong to nobody, but are awaited."""
    world = World(taking(30 * MS))
    samples = run(VirtualPool(world, 1), goes_on=True)
    assert samples.column("sent").tolist() == [n * 30 * MS for n in range(5)]
    assert world.time == 150 * MS


def test_a_request_that_is_never_answered_ends_load_that_goes_on_at_its_deadline() -> None:
    """The other connection goes on until then, and its last request is given up with it."""
    world = World(slow_at(4, None, 8 * MS))
    pool = VirtualPool(world, 2)
    samples = run(pool, goes_on=True)
    assert outcomes(samples) == {Code.OK: samples.used - 2, Code.TIMEOUT: 2}
    assert samples.column("sent").max() == 144 * MS
    assert samples.column("done")[3] == 150 * MS
    assert world.time == 150 * MS
    assert not pool.by_fd


def test_a_server_that_never_answers_ends_load_that_goes_on_at_its_deadline() -> None:
    """No later, and with as many timeouts as connections."""
    world = World(lambda _, __: None)
    pool = VirtualPool(world, 5)
    samples = run(pool, goes_on=True)
    assert world.time == 150 * MS
    assert outcomes(samples) == {Code.TIMEOUT: 5}
    assert not pool.by_fd


def test_what_is_sent_after_the_end_has_as_long_for_its_answer() -> None:
    """A server that answers nothing any more after the end; that is bounded too."""

    def serve(connection: VirtualConnection, now: int) -> None:
        if now <= 100 * MS:
            slow = connection.fd == 3 and now == 90 * MS
            connection.world.at(now + (25 if slow else 10) * MS, connection, RIGHT)

    world = World(serve)
    samples = run(VirtualPool(world, 2), goes_on=True)
    late = samples.column("sent") > 100 * MS
    assert set(samples.codes()[~late].tolist()) == {Code.OK}
    assert set(samples.codes()[late].tolist()) == {Code.TIMEOUT}
    assert world.time == (115 + 50) * MS


def test_a_machine_without_ports_is_no_failure_of_the_server() -> None:
    """Its connections are gone, which is said; no request is charged with it."""
    pool = VirtualPool(World(taking(MS, CLOSING)), 2, ports=10)
    samples = run(pool)
    assert outcomes(samples) == {Code.OK: 12}
    assert (pool.lost, len(pool.by_fd)) == (12, 0)
    assert samples.errors == [f"unsent: [Errno 99] {NO_PORT}"] * 2
