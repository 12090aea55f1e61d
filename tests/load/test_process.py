"""The generator in a process of its own: it does its work, and it does not outlive its parent."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.errors import HarnessError, UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.run import Pacing
from bench.facts.slice import Outcome
from bench.load import process as process_module
from bench.load.order import Order, Shard, Target
from bench.load.pacing.poller import has_timer
from bench.load.process import LoadProcess, load_process
from bench.load.reckoning.samples import Code
from bench.system import clock
from tests.ending import ended
from tests.load import parent, said
from tests.load.sending import RIGHT
from tests.load.server import Handle, Peer, Served, answering, eventually, serving
from tests.load.shards import ORDER, seen
from tests.servers.working import working

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

print("a workload may print")

def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url.join("/items/1")), Checked(lambda r: None))
"""
UNPICKLABLE = """
class Strange(Exception):
    def __init__(self, one, two):
        super().__init__(one)
        self.two = lambda: two

def exchanges(base_url):
    raise Strange("first", "second")
"""
NUMBERED = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    for number in range(500):
        request = httpx.Request("GET", base_url.join(f"/items/{number}"))
        yield Exchange(request, Checked(lambda r: None))
"""
WAITING = "threading.Thread(target=threading.Event().wait).start()\n"
HANGING = """
import threading

def exchanges(base_url):
    threading.Event().wait()
"""


@pytest.fixture(scope="module")
async def load() -> AsyncIterator[LoadProcess]:
    """One process for the tests that do not end it."""
    async with load_process(None) as load:
        yield load


def written(folder: Path, text: str) -> str:
    """Write a workload file; its path."""
    path = folder / "workload.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def noting(seen: list[bytes]) -> Handle:
    """Answer every request alike, and note its first line."""

    def handle(served: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            with served.lock:
                seen.append(request.partition(b"\r\n")[0])
            peer.send(RIGHT)

    return handle


def gone(pid: int) -> bool:
    """Tell whether a process has ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def test_a_slice_is_run_over_there(load: LoadProcess, tmp_path: Path) -> None:
    """Attach, load, detach: the report comes back; what the workload prints does no harm."""
    assert os.getpid() not in await load.pids()
    with serving(answering()) as served:
        target = Target("one", served.url, written(tmp_path, WORKLOAD), seed=1)
        order = Order(
            target, Load(Mode.CLOSED, 2), Client.WIRE,
            seed=1, lead_in_s=0.01, window_s=0.2, drain_s=0.5,
        )  # fmt: skip
        await load.attach(target)
        report = await load.run(order)
        await load.detach("one")
    assert set(report.outcomes) == {Outcome.OK}
    assert report.service.total == report.outcomes[Outcome.OK]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (UNPICKLABLE, "fails: Strange: first"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(5)", "cannot be imported: SystemExit: 5"),
        ("", "has no function exchanges"),
        ("def exchanges(base_url): return []", "no exchanges of positive weight"),
    ],
)
async def test_a_workload_that_fails_over_there_is_a_usage_error_here(
    load: LoadProcess, tmp_path: Path, text: str, reason: str
) -> None:
    """Whatever it raises; and the process lives on."""
    pids = await load.pids()
    with pytest.raises(UsageError, match=reason):
        await load.attach(Target("bad", "http://127.0.0.1:1", written(tmp_path, text), seed=1))
    assert await load.pids() == pids


async def test_a_killed_generator_is_a_fault_of_the_harness() -> None:
    """Each order from then on is refused with one clear error; leaving does not hang."""
    async with load_process(None) as load:
        (pid,) = await load.pids()
        os.kill(pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(HarnessError, match="process died"):
                await load.detach("nobody")


async def test_two_shards_send_the_one_plan(tmp_path: Path) -> None:
    """Every entry once, between them; counts and histograms are those of one generator."""
    load_order = Load(Mode.OPEN, 5, 800.0, Arrivals.POISSON)
    reports, lines = [], []
    for shards in (1, 2):
        sent: list[bytes] = []
        async with load_process(None, shards) as load:
            assert len(set(await load.pids())) == shards
            with serving(noting(sent)) as served, working() as program:
                program.do("stay 0")
                target = Target("one", served.url, written(tmp_path, NUMBERED), seed=1)
                await load.attach(target)
                reports.append(await load.run(Order(
                    target, load_order, Client.WIRE,
                    seed=3, lead_in_s=0.0, window_s=0.5, drain_s=10.0, tree=program.process.pid,
                )))  # fmt: skip
        lines.append(Counter(sent))
    alone, together = reports
    assert alone.outcomes == together.outcomes
    assert lines[0] == lines[1]
    assert alone.response is not None
    assert together.response is not None
    assert alone.response.total == together.response.total == alone.requests > 300
    assert together.service.total == together.cpu_requests == alone.cpu_requests
    assert together.cpu_ns is not None
    assert together.settled


class Asked(Executor):
    """Keeps what it is asked to do, for a test to say what came of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], Future[Any]]] = []

    def submit(self, _: Any, /, *arguments: Any, **__: Any) -> Future[Any]:
        """Keep it."""
        self.calls.append((arguments, Future()))
        return self.calls[-1][1]


async def asked_of(executors: list[Asked], calls: int) -> list[Any]:
    """The last argument of each, once each has had so many calls in all."""
    async with asyncio.timeout(5):
        while any(len(each.calls) < calls for each in executors):  # noqa: ASYNC110 - no other tells
            await asyncio.sleep(0)
    return [each.calls[-1][0][0] for each in executors]


async def test_shards_begin_when_all_are_ready() -> None:
    """However long that takes one of them; then they begin at the same time, which is to come."""
    quick, slow = executors = [Asked(), Asked()]
    running = asyncio.create_task(LoadProcess(executors).run(ORDER))
    orders = await asked_of(executors, 1)
    assert [each.shard for each in orders] == [Shard(0, 2), Shard(1, 2)]
    quick.calls[0][1].set_result(None)
    for _ in range(10):
        await asyncio.sleep(0)
    assert [len(each.calls) for each in executors] == [1, 1]
    ready_ns = clock.monotonic_ns()
    slow.calls[0][1].set_result(None)
    begun, other = await asked_of(executors, 2)
    assert begun == other > ready_ns
    for each in executors:
        each.calls[1][1].set_result(seen(1000))
    assert (await running).outcomes == {Outcome.OK: 2}


async def test_shards_are_given_up_where_one_cannot_be_ready() -> None:
    """A workload may fail in one of them."""
    executors = [Asked(), Asked()]
    running = asyncio.create_task(LoadProcess(executors).run(ORDER))
    await asked_of(executors, 1)
    executors[0].calls[0][1].set_result(None)
    executors[1].calls[0][1].set_exception(UsageError("it fails"))
    assert await asked_of(executors, 2) == [None, None]
    for each in executors:
        each.calls[1][1].set_result(None)
    with pytest.raises(UsageError, match="it fails"):
        await running


async def test_shards_share_the_connections(tmp_path: Path) -> None:
    """Five between two of them, not five each."""
    async with load_process(None, 2) as load:
        with serving(answering()) as served:
            target = Target("one", served.url, written(tmp_path, WORKLOAD), seed=1)
            await load.attach(target)
            report = await load.run(Order(
                target, Load(Mode.CLOSED, 5), Client.WIRE,
                seed=1, lead_in_s=0.01, window_s=0.2, drain_s=10.0,
            ))  # fmt: skip
            assert served.connections == 5
    assert set(report.outcomes) == {Outcome.OK}
    assert report.service.total == report.outcomes[Outcome.OK]


async def test_a_trace_tells_of_every_request(load: LoadProcess, tmp_path: Path) -> None:
    """Each has its times, in order, and the observation is made of them."""
    with serving(answering()) as served:
        target = Target("traced", served.url, written(tmp_path, WORKLOAD), seed=1)
        await load.attach(target)
        trace = await load.trace(Order(
            target, Load(Mode.OPEN, 3, 500.0, Arrivals.CONSTANT), Client.WIRE,
            seed=1, lead_in_s=0.1, window_s=0.2, drain_s=10.0,
        ))  # fmt: skip
        await load.detach("traced")
    assert len(trace.due) == len(trace.code) == 150
    assert set(trace.code.tolist()) == {Code.OK}
    assert (trace.due <= trace.sent).all()
    assert (trace.sent < trace.done).all()
    assert (
        trace.observation.requests == ((trace.due >= trace.start) & (trace.due < trace.end)).sum()
    )
    known = trace.received > 0
    assert (trace.received[known] <= trace.done[known]).all()


async def test_the_instrument_is_reported(load: LoadProcess) -> None:
    """How it paces, and why; it is not pinned here."""
    found = await load.instrument()
    assert found.pacing in {Pacing.TIMER, Pacing.POLL}
    assert found.pacing_reason
    assert found.cores == 0


@pytest.mark.skipif(not has_timer(), reason="the timer of Linux")
async def test_it_paces_as_it_is_told_to() -> None:
    """Whatever it found: a run that is taken up again goes on as it began."""
    async with load_process(None) as load:
        await load.keep_pacing(Pacing.BRIEF_SPIN, "as before")
        found = await load.instrument()
    assert (found.pacing, found.pacing_reason) == (Pacing.BRIEF_SPIN, "as before")


async def test_leaving_ends_the_process() -> None:
    """And waits until it has ended."""
    async with load_process(None) as load:
        (pid,) = await load.pids()
    assert gone(pid)


async def test_leaving_kills_a_workload_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's code may never return: it is given some time, no more."""
    monkeypatch.setattr(process_module, "LEAVE_TIMEOUT_S", 0.2)
    async with load_process(None) as load:
        (pid,) = await load.pids()
        target = Target("hanging", "http://127.0.0.1:1", written(tmp_path, HANGING), seed=1)
        attaching = asyncio.create_task(load.attach(target))
        await asyncio.wait({attaching}, timeout=0.05)
        attaching.cancel()
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_its_parent(number: signal.Signals) -> None:
    """However that ends: a parent that is killed can clean nothing up."""
    harness = subprocess.Popen(
        [sys.executable, "-m", parent.__name__],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with ended(harness):
        assert harness.stdout is not None
        pid = int(harness.stdout.readline())
        assert not gone(pid)
        harness.send_signal(number)
        eventually(lambda: gone(pid))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
async def test_it_is_pinned_to_the_cores_it_is_given() -> None:
    """And the harness itself is not."""
    before = os.sched_getaffinity(0)
    core = min(before)
    async with load_process(frozenset({core})) as load:
        assert os.sched_getaffinity(*await load.pids()) == {core}
    assert os.sched_getaffinity(0) == before


async def test_no_number_is_given_to_two_shards(tmp_path: Path) -> None:
    """Nor in a second slice: nothing is sent twice."""
    seen: list[bytes] = []
    text = "def exchange(base_url, number):\n    return post(base_url, str(number))"
    path = said.written(tmp_path, text)
    async with load_process(None, 2) as load:
        with serving(said.noting(seen)) as served:
            target = Target("one", served.url, path, seed=1)
            await load.attach(target)
            for seed in (1, 2):
                await load.run(Order(
                    target, Load(Mode.CLOSED, 4), Client.WIRE,
                    seed=seed, lead_in_s=0.0, window_s=0.1, drain_s=10.0,
                ))  # fmt: skip
    numbers = [int(body) for body in said.bodies(seen)]
    assert len(set(numbers)) == len(numbers) > 1
    assert max(numbers) < 2**53


async def test_a_workload_s_threads_do_not_keep_the_process(tmp_path: Path) -> None:
    """It ends by itself, at once, when the run does; it is not killed after a while."""
    path = written(tmp_path, f"import threading\n{WAITING}{WORKLOAD}")
    with serving(answering(RIGHT)) as served:
        async with load_process(None) as load:
            await load.attach(Target("one", served.url, path, seed=1))
            (pid,) = await load.pids()
            found = next(each for each in multiprocessing.active_children() if each.pid == pid)
        assert found.exitcode == 0
