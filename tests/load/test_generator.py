"""One slice from order to report, in this process, against a small server."""

import gc
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Observation, Outcome, Pieces
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from bench.load.reckoning.samples import Samples
from bench.load.server_cpu import spent_ns, with_processes
from bench.proof.reference import null_server as null_server_module
from bench.proof.reference.workloads import null_workload
from bench.system import clock
from servers.processes.process_tree import TreeClock, TreeCpu
from tests.build.slices import observation
from tests.load.sending import RIGHT, answer
from tests.load.server import (
    Peer,
    Served,
    answering,
    eventually,
    refusing_address,
    replying,
    serving,
)
from tests.servers.working import working

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.text == '{"id":1}' else "another body"))
"""
CLOSED = Load(Mode.CLOSED, 3)
OPEN = Load(Mode.OPEN, 3, 500.0, Arrivals.CONSTANT)
GONE = 2**22 + 1  # Above the kernel's largest pid.


@pytest.fixture
def workload(tmp_path: Path) -> str:
    """Path of a workload whose right answer is that of `sending`."""
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    return str(path)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


def order_for(served: Served, workload: str, load: Load = CLOSED) -> Order:
    """A short slice on a server."""
    return Order(
        target=Target("one", served.url, workload, seed=1),
        load=load,
        client=Client.WIRE,
        seed=5,
        lead_in_s=0.02,
        window_s=0.1,
        drain_s=10.0,
    )


def descriptors() -> int:
    """How many this process has open; 0 where it cannot be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_closed_slice(generator: Generator, workload: str) -> None:
    """Everything is answered, and nothing is lost."""
    with serving(answering()) as served:
        order = order_for(served, workload)
        generator.attach(order.target)
        report = generator.run(order)
    assert set(report.outcomes) == {Outcome.OK}
    assert report.outcomes[Outcome.OK] == report.service.total > 10
    assert report.answered_in_window <= report.cpu_requests
    assert report.window_ns == 100_000_000
    assert 2 < report.in_flight_mean <= 3.001
    assert (report.response, report.send_lag) == (None, None)
    assert report.generator_cpu_share > 0
    assert (report.connections_opened, report.connections_lost) == (0, 0)
    assert (report.collections, report.errors) == (0, ())


def test_an_open_slice(generator: Generator, workload: str) -> None:
    """As many requests as the rate demands of the window; the lead-in is not counted."""
    with serving(answering()) as served:
        order = order_for(served, workload, OPEN)
        generator.attach(order.target)
        report = generator.run(order)
    assert report.outcomes == {Outcome.OK: 50}
    assert report.response is not None
    assert report.send_lag is not None
    assert report.response.total == report.send_lag.total == 50
    assert report.cpu_requests == 60


def test_stock_httpx_runs_the_same_slice(generator: Generator, workload: str) -> None:
    """The reference client is judged by the same rules."""
    with serving(answering()) as served:
        order = replace(order_for(served, workload, OPEN), client=Client.HTTPX)
        generator.attach(order.target)
        report = generator.run(order)
    assert report.outcomes == {Outcome.OK: 50}


@pytest.mark.parametrize("client", [Client.HTTPX, Client.WIRE_HTTPX])
def test_httpx_opens_connections_of_its_own_and_no_others(
    generator: Generator, workload: str, client: Client
) -> None:
    """A server may have a thread for each of a few connections: idle ones would hold them."""
    together = threading.Barrier(CLOSED.connections)

    def handle(served: Served, peer: Peer) -> None:
        if peer.request() is not None:
            together.wait(30)  # nobody is answered before each has a connection
            peer.send(RIGHT)
            answering()(served, peer)

    with serving(handle) as served:
        order = replace(order_for(served, workload), client=client)
        generator.attach(order.target)
        report = generator.run(order)
        assert served.connections == CLOSED.connections
    assert set(report.outcomes) <= {Outcome.OK}


def test_connections_survive_from_slice_to_slice(generator: Generator, workload: str) -> None:
    """Slices of one target share them."""
    with serving(answering()) as served:
        order = order_for(served, workload)
        generator.attach(order.target)
        for _ in range(3):
            generator.run(order)
        assert served.connections == 3


def test_targets_do_not_share_what_they_know(generator: Generator, workload: str) -> None:
    """A launch has its own connections; detaching it closes them and no others."""
    with serving(answering()) as served:
        one = order_for(served, workload)
        two = replace(one, target=replace(one.target, key="two"))
        for order in (one, two):
            generator.attach(order.target)
            generator.run(order)
        assert served.connections == 6
        generator.detach("one")
        generator.detach("one")
        assert generator.run(two).connections_opened == 0
        assert served.connections == 6


def test_attaching_again_closes_the_connections_of_before(
    generator: Generator, workload: str
) -> None:
    """No descriptor is left behind."""
    with serving(answering()) as served:
        order = order_for(served, workload)
        generator.attach(order.target)
        generator.run(order)
        before = descriptors()
        generator.attach(order.target)
        generator.run(order)
        eventually(lambda: descriptors() <= before)  # the server's ends close a little later


def test_a_target_that_cannot_be_attached_leaves_nothing_open(
    generator: Generator, workload: str
) -> None:
    """Neither a poller nor a timer; and it is not known afterwards."""
    before = descriptors()
    with pytest.raises(UsageError, match="only http://"):
        generator.attach(Target("one", "https://127.0.0.1", workload, seed=1))
    with pytest.raises(UsageError, match="unknown"):
        generator.attach(Target("one", "http://127.0.0.1", "no_such", seed=1))
    assert descriptors() == before
    assert not generator._attached


def test_the_collector_is_off_in_the_slice_and_as_before_after_it(
    generator: Generator, workload: str
) -> None:
    """Off while it runs, with what stays out of its sight; on afterwards, also after a failure."""
    during: list[bool] = []

    def look(peer: Peer, _: int) -> None:
        during.append(gc.isenabled())
        peer.send(RIGHT)

    with serving(replying(look)) as served:
        order, before = order_for(served, workload), gc.get_freeze_count()
        generator.attach(order.target)
        generator.run(order)
        assert set(during) == {False}
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
        generator._samples = Samples(0)
        with pytest.raises(ValueError, match="the most is 0"):
            generator.run(replace(order, load=OPEN))
        assert gc.isenabled()
        assert not generator._attached["one"].pool.by_fd, "answers may be on their way"


@contextmanager
def null_server() -> Iterator[str]:
    """The URL of a server in a process of its own, below this one."""
    port = refusing_address()[1]
    argv = [sys.executable, "-m", null_server_module.__name__, str(port)]
    with subprocess.Popen(argv) as server:
        try:
            eventually(lambda: accepts(port), 10.0)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def accepts(port: int) -> bool:
    """Tell whether anybody listens."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("load", [CLOSED, OPEN])
def test_the_cpu_time_of_a_servers_tree_is_known(generator: Generator, load: Load) -> None:
    """Of all processes below one, for each piece; and that it came to rest."""
    with null_server() as url:
        target = Target("null", url, str(Path(null_workload.__file__)), seed=1)
        order = Order(target, load, Client.WIRE, 5, 0.02, 0.1, 10.0, tree=os.getpid())
        generator.attach(target)
        (seen,) = generator.alternate([order], [2])
    assert set(seen.outcomes) == {Outcome.OK}
    assert seen.cpu_ns is not None
    assert 0 < seen.cpu_ns < 1_000_000_000
    assert seen.settled
    assert seen.settling_ns is not None
    assert seen.processes_changed == 0
    assert seen.pieces is not None
    assert sum(each or 0 for each in seen.pieces.cpu_ns) == seen.cpu_ns


@pytest.mark.parametrize("tree", [None, GONE])
def test_processes_that_nobody_knows_have_no_cpu_time(
    generator: Generator, workload: str, tree: int | None
) -> None:
    """Absent is None, never 0; nobody can tell when they came to rest."""
    with serving(answering()) as served:
        order = replace(order_for(served, workload), tree=tree)
        generator.attach(order.target)
        seen = generator.run(order)
    assert (seen.cpu_ns, seen.settling_ns, seen.processes_changed) == (None, None, 0)
    assert seen.settled


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (TreeCpu(30, 0), TreeCpu(36, 0), 6),
        (TreeCpu(30, 0), TreeCpu(36, 10), 16),
        (TreeCpu(30, 0), TreeCpu(20, 10), 0),
        (TreeCpu(30, 0), TreeCpu(20, 0), None),
        (None, TreeCpu(36, 0), None),
        (TreeCpu(30, 0), None, None),
    ],
    ids=["lives", "waited for another", "ended", "ended, and nobody waited", "came", "went"],
)
def test_cpu_time_is_of_the_whole_tree(
    before: TreeCpu | None, after: TreeCpu | None, expected: int | None
) -> None:
    """A process that ends takes its time with it, unless another has waited for it."""
    assert spent_ns(before, after) == expected


def test_processes_that_come_within_a_slice_are_counted_with_it() -> None:
    """How many, and all that they have spent; where CPU time is not known, it stays so."""
    seen = observation(cpu_ns=5)
    with working() as server:
        tree = TreeClock(os.getpid())
        before = tree.read()
        assert with_processes(seen, tree, before) == seen
        server.do("stay 60")
        found = with_processes(seen, tree, before)
        server.do("stay 0")
        unknown = with_processes(observation(cpu_ns=None), tree, before)
    assert found.processes_changed == 1
    assert found.cpu_ns is not None
    assert found.cpu_ns >= 60_000_000 + 5
    assert (unknown.processes_changed, unknown.cpu_ns) == (1, None)
    assert with_processes(seen, None, None) == seen


def test_what_ended_within_a_slice_is_known_too_coarsely_for_its_pieces() -> None:
    """In ticks of 10 ms: of the whole slice it is known all the same."""
    cut = Pieces(1, (5, 5), (1.0, 1.0), (1.0, 1.0), (3, 4), (5, 5))
    seen = observation(cpu_ns=50_000_000, pieces=cut)
    with working() as server:
        tree = TreeClock(os.getpid())
        before = tree.read()
        assert with_processes(seen, tree, before) == seen
        server.do("child 60")
        found = with_processes(seen, tree, before)
    assert found.cpu_ns == seen.cpu_ns
    assert found.pieces == replace(cut, cpu_ns=(None, None))


@pytest.mark.parametrize("load", [CLOSED, OPEN])
def test_load_that_goes_on_counts_its_window_alone(
    generator: Generator, workload: str, load: Load
) -> None:
    """An answer that takes longer than the window is awaited, and others are sent meanwhile."""
    held = threading.Event()

    def reply(peer: Peer, number: int) -> None:
        if number == 15:
            held.wait(5.0)
        peer.send(RIGHT)
        if number == 150:
            held.set()

    with serving(replying(reply)) as served:
        order = replace(order_for(served, workload, load), goes_on=True)
        generator.attach(order.target)
        seen = generator.run(order)
    assert set(seen.outcomes) == {Outcome.OK}
    assert seen.cpu_requests >= 150
    assert seen.window_ns == 100_000_000
    if load is OPEN:
        assert seen.outcomes == {Outcome.OK: 50}


def test_all_is_ready_before_a_load_in_two_steps_begins(
    generator: Generator, workload: str
) -> None:
    """Its connections are open, and nothing is sent."""
    with serving(answering()) as served:
        order = order_for(served, workload, OPEN)
        generator.attach(order.target)
        loading = generator.in_two_steps(order)
        next(loading)
        eventually(lambda: served.connections == 3)
        assert served.requests == 0
        with pytest.raises(StopIteration) as done:
            loading.send(clock.monotonic_ns())
    seen: Observation = done.value.value
    assert seen.outcomes == {Outcome.OK: 50}
    assert gc.isenabled()


def test_a_load_that_is_given_up_leaves_nothing_open(generator: Generator, workload: str) -> None:
    """What was ready is closed, and the target may be loaded again."""
    with serving(answering()) as served:
        order = order_for(served, workload, OPEN)
        generator.attach(order.target)
        loading = generator.in_two_steps(order)
        next(loading)
        loading.close()
        assert not generator._attached["one"].pool.by_fd
        assert gc.isenabled()
        assert served.requests == 0
        assert generator.run(order).outcomes == {Outcome.OK: 50}


@pytest.mark.parametrize("load", [CLOSED, OPEN])
def test_a_load_that_begins_after_its_time_says_so(
    generator: Generator, workload: str, load: Load
) -> None:
    """By how much."""
    with serving(answering()) as served:
        order = order_for(served, workload, load)
        generator.attach(order.target)
        past_ns = clock.monotonic_ns() - 1_000_000_000
        assert generator.run(replace(order, start_ns=past_ns)).late_ns >= 1_000_000_000


def test_a_closed_loop_without_room_says_how_long_it_did_without_load(
    workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its throughput is not that of the whole window."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 30)
    narrow = Generator()
    with serving(answering()) as served:
        order = replace(order_for(served, workload), window_s=60.0)
        narrow.attach(order.target)
        seen = narrow.run(order)
        assert seen.cpu_requests == 30
        assert 0 < seen.unloaded_ns <= seen.window_ns
        narrow.detach("one")


def test_a_closed_loop_with_room_is_loaded_to_its_end(generator: Generator, workload: str) -> None:
    """However few requests it takes."""
    with serving(answering()) as served:
        order = order_for(served, workload)
        generator.attach(order.target)
        assert generator.run(order).unloaded_ns == 0


def test_a_server_that_is_not_there_is_reported(generator: Generator, workload: str) -> None:
    """Open loop: everything due has failed to connect; closed loop: nothing could be sent."""
    served = Served(refusing_address())
    order = order_for(served, workload, OPEN)
    generator.attach(order.target)
    report = generator.run(order)
    assert report.outcomes == {Outcome.CONNECT_FAILED: 50}
    assert report.errors[0].startswith("connect_failed: ")
    report = generator.run(replace(order, load=CLOSED))
    assert report.outcomes == {}
    assert report.errors[0].startswith("connect_failed: ")


def test_wrong_answers_are_reported(generator: Generator, workload: str) -> None:
    """Their count, and a few of them in words."""
    with serving(answering(answer(b"wrong"))) as served:
        order = order_for(served, workload)
        generator.attach(order.target)
        report = generator.run(order)
    assert set(report.outcomes) == {Outcome.WRONG_BODY}
    assert report.errors == ("GET /items/1: another body",) * 5
    assert (report.answered_in_window, report.service.total) == (0, 0)


def test_several_targets_are_loaded_in_turns(generator: Generator, workload: str) -> None:
    """A piece of each before the next of any; each sees all of its own slice."""
    asked: list[str] = []

    def noting(name: str) -> Callable[[Peer, int], None]:
        def look(peer: Peer, _: int) -> None:
            if not asked or asked[-1] != name:
                asked.append(name)
            peer.send(RIGHT)

        return look

    with serving(replying(noting("a"))) as a, serving(replying(noting("b"))) as b:
        orders = [
            replace(
                order_for(served, workload),
                target=Target(name, served.url, workload, seed=1),
            )
            for name, served in (("a", a), ("b", b))
        ]
        for order in orders:
            generator.attach(order.target)
        found = generator.alternate(orders, [4, 4])
    turns = [set(asked[n : n + 2]) for n in range(0, len(asked) - 1, 2)]
    assert len(asked) >= 5
    assert turns[0] == {"a", "b"}
    for seen in found:
        assert set(seen.outcomes) == {Outcome.OK}
        assert seen.window_ns == 100_000_000
        assert seen.outcomes[Outcome.OK] == seen.service.total > 10
        assert seen.connections_lost == 0
    assert gc.isenabled()


def test_a_target_that_cannot_be_reached_says_so_in_turns_too(
    generator: Generator, workload: str
) -> None:
    """The other is measured all the same."""
    host, port = refusing_address()
    with serving(answering()) as served:
        sound = order_for(served, workload)
        gone = replace(
            sound, target=Target("gone", f"http://{host}:{port}", workload, seed=1), load=OPEN
        )
        for order in (sound, gone):
            generator.attach(order.target)
        found = generator.alternate([sound, gone], [2, 1])
    assert set(found[0].outcomes) == {Outcome.OK}
    assert set(found[1].outcomes) == {Outcome.CONNECT_FAILED}
    assert "connect_failed" in found[1].errors[0]
