"""Doubts provoked by what they are about: real servers, real processes, and a real generator."""

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.run import Instrument, Pacing
from bench.facts.slice import DoubtKind, Observation, Outcome, Verdict
from bench.load.net import stamps
from bench.load.order import Order, Target
from bench.load.own_costs import OwnCosts
from bench.load.process import LoadProcess, load_process
from bench.run.rounds.judging import Surroundings, doubts, verdict
from tests.load.sending import RIGHT, answer
from tests.load.server import Handle, Peer, Served, answering, replying, serving

pytestmark = pytest.mark.timed

ROOT = Path(__file__).resolve().parents[2]
ABLE = Instrument(Pacing.TIMER, "", kernel_timestamps=True, cores=1)
AROUND = Surroundings(0, 0.0, usable_cores=2, instrument=ABLE)
WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url.join("/items/1")), Checked(check))

def check(response):
    return None
"""
SLOW_CHECK = """
import time

def check(response):
    end = time.perf_counter() + 0.003
    while time.perf_counter() < end:
        pass
"""
stamped = pytest.mark.skipif(not stamps.supported(), reason="the kernel stamps nothing here")
can_pin = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")


@asynccontextmanager
async def loading(
    served: Served, folder: Path, text: str = WORKLOAD, cores: frozenset[int] | None = None
) -> AsyncIterator[tuple[LoadProcess, Target]]:
    """A generator that knows the server."""
    path = folder / "workload.py"
    path.write_text(text, encoding="utf-8")
    target = Target("one", served.url, str(path), seed=1)
    async with load_process(cores) as load:
        await load.attach(target)
        yield load, target


def order(target: Target, load: Load, *, window_s: float = 0.4, drain_s: float = 1.0) -> Order:
    """A slice as an experiment has them."""
    return Order(target, load, Client.WIRE, 1, 0.05, window_s, drain_s)


def open_load(rate: float, connections: int = 16) -> Load:
    """An open loop."""
    return Load(Mode.OPEN, connections, rate, Arrivals.POISSON)


def raised(load: Load, seen: Observation) -> dict[DoubtKind, float]:
    """The doubts of a slice that stood in innocent surroundings."""
    return {doubt.kind: doubt.value for doubt in doubts(load, seen, AROUND)}


def counting() -> Handle:
    """Answer with a number that is never the same, so that every answer has to be looked at."""
    return replying(lambda peer, number: peer.send(answer(b"%08d" % number)))


@stamped
async def test_a_slow_client_is_found_out(tmp_path: Path) -> None:
    """Its check takes 3 ms: answers wait for it in the kernel, and requests are late."""
    load = open_load(200)
    with serving(counting()) as served:
        async with loading(served, tmp_path, WORKLOAD + SLOW_CHECK) as (process, target):
            seen = await process.run(order(target, load))
    found = raised(load, seen)
    assert found[DoubtKind.CLIENT_DELAY] > 1
    assert found[DoubtKind.SEND_LAG] > 1
    assert seen.client_delay is not None
    assert seen.raw is not None
    assert seen.response is not None
    slow, without = seen.raw.percentile_ns(95), seen.response.percentile_ns(95)
    assert slow is not None
    assert without is not None
    assert without < slow, "what the kernel had already is not the server's"


@contextmanager
def hogging(core: int) -> Iterator[None]:
    """A process that does nothing but use a core."""
    code = f"import os\nos.sched_setaffinity(0, {{{core}}})\nprint(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as hog:
        assert hog.stdout is not None
        hog.stdout.readline()
        try:
            yield
        finally:
            hog.kill()


@can_pin
@pytest.mark.skipif(OwnCosts.now().waited_ns is None, reason="the kernel does not tell")
async def test_a_starved_generator_is_found_out(tmp_path: Path) -> None:
    """Another process has its core for half of the time."""
    core, load = max(os.sched_getaffinity(0)), Load(Mode.CLOSED, 4)
    with serving(answering()) as served, hogging(core):
        async with loading(served, tmp_path, cores=frozenset({core})) as (process, target):
            seen = await process.run(order(target, load))
    assert raised(load, seen)[DoubtKind.GENERATOR_STARVED] > 0.02
    assert seen.preemptions > 0


async def test_connections_that_are_not_served_are_found_out(tmp_path: Path) -> None:
    """A server that accepts eight and serves four: by Little's law, half of them."""

    def serve_half(served: Served, peer: Peer) -> None:
        mine = served.connections
        while peer.request() is not None:
            if mine <= 4:
                peer.send(RIGHT)

    load = Load(Mode.CLOSED, 8)
    with serving(serve_half) as served:
        async with loading(served, tmp_path) as (process, target):
            seen = await process.run(order(target, load, drain_s=0.1))
    assert 0.3 < raised(load, seen)[DoubtKind.LITTLES_LAW] < 0.7
    assert seen.outcomes[Outcome.TIMEOUT] == 4


async def test_an_overloaded_server_is_found_out(tmp_path: Path) -> None:
    """It answers a hundred a second, and four hundred are due: its slice is not used."""

    def reply(peer: Peer, _: int) -> None:
        with served.lock:
            select_ms(10)
            peer.send(RIGHT)

    load = open_load(400)
    with serving(replying(reply)) as served:
        async with loading(served, tmp_path) as (process, target):
            seen = await process.run(order(target, load))
    assert raised(load, seen)[DoubtKind.OVERLOADED] > 0.5
    assert raised(load, seen)[DoubtKind.CONNECTION_WAIT] > 1
    assert verdict(doubts(load, seen, AROUND)) is Verdict.INVALID


def select_ms(milliseconds: float) -> None:
    """Take some time to answer."""
    select.select([], [], [], milliseconds / 1000)


async def test_too_few_connections_are_told_apart_from_a_late_client(tmp_path: Path) -> None:
    """One connection, 5 ms an answer, a hundred a second: it is the requests that wait."""

    def reply(peer: Peer, _: int) -> None:
        select_ms(5)
        peer.send(RIGHT)

    load = open_load(100, connections=1)
    with serving(replying(reply)) as served:
        async with loading(served, tmp_path) as (process, target):
            seen = await process.run(order(target, load, window_s=0.8))
    assert raised(load, seen)[DoubtKind.CONNECTION_WAIT] > 1
    assert seen.send_lag is not None
    assert seen.connection_wait is not None
    lag, wait = seen.send_lag.mean_ns(), seen.connection_wait.mean_ns()
    assert lag is not None
    assert wait is not None
    assert lag < wait


def test_a_slow_network_is_found_out(tmp_path: Path) -> None:
    """Each way takes 5 ms: no answer can come in less than 10, and the kernel knows why."""
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or not Path("/dev/net/tun").exists():
        pytest.skip("there are no network namespaces or tunnels here")
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("a network namespace may not be made here")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.load.far_away", "5", str(path)],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip
    if "PermissionError" in done.stderr:
        pytest.skip("a tunnel may not be made here")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert set(facts["outcomes"]) == {"ok"}
    assert 10_000_000 <= facts["network_ns"] <= facts["response_ns"] * 1.5
