"""One slice from order to report, in this process, against a small server."""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.domain import Arrivals, Client, Load, Mode, Outcome
from bench.errors import UsageError
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from bench.load.samples import Samples
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

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.text == '{"id":1}' else "another body"))
"""
CLOSED = Load(Mode.CLOSED, 3)
OPEN = Load(Mode.OPEN, 3, 500.0, Arrivals.CONSTANT)


@pytest.fixture
def workload(tmp_path: Path) -> str:
    """Path of a workload whose right answer is that of `sending`."""
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    return str(path)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "CAPACITY", 50_000)
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
        pids=(os.getpid(),),
    )


def descriptors() -> int:
    """How many this process has open; 0 where it cannot be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_closed_slice(generator: Generator, workload: str) -> None:
    """Everything is answered, nothing is lost, and the server's CPU time is known."""
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
    assert report.cpu_ns is not None
    assert report.cpu_ns > 0
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
    with serving(answering()) as served:
        order = replace(order_for(served, workload), client=client)
        generator.attach(order.target)
        report = generator.run(order)
        assert served.connections == CLOSED.connections
    assert set(report.outcomes) == {Outcome.OK}


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
        order = order_for(served, workload)
        generator.attach(order.target)
        generator.run(order)
        assert set(during) == {False}
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        generator._samples = Samples(0)
        with pytest.raises(ValueError, match="the most is 0"):
            generator.run(replace(order, load=OPEN))
        assert gc.isenabled()
        assert not generator._attached["one"].pool.by_fd, "answers may be on their way"


def test_a_process_that_is_gone_makes_its_cpu_time_unknown(
    generator: Generator, workload: str
) -> None:
    """Absent is None, never 0."""
    with serving(answering()) as served:
        order = replace(order_for(served, workload), pids=())
        generator.attach(order.target)
        assert generator.run(order).cpu_ns is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({1: 10, 2: 20}, {1: 15, 2: 21}, 6),
        ({1: 10, 2: 20}, {1: 15}, None),
        ({1: 10}, {1: 15, 2: 1}, None),
        ({}, {}, None),
    ],
)
def test_cpu_time_is_of_the_same_processes(
    before: dict[int, int], after: dict[int, int], expected: int | None
) -> None:
    """A sum over a tree that has changed is no time at all."""
    assert generator_module._spent_ns(before, after) == expected


def test_a_server_that_is_not_there_is_told(generator: Generator, workload: str) -> None:
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
