"""The generator in a process of its own: it does its work, and it does not outlive its parent."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bench.domain import Client, Load, Mode, Outcome
from bench.errors import HarnessError, UsageError
from bench.load import process as process_module
from bench.load.order import Order, Target
from bench.load.process import LoadProcess, load_process
from tests.load import parent
from tests.load.server import answering, eventually, serving

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


def gone(pid: int) -> bool:
    """Tell whether a process has ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def test_a_slice_is_run_over_there(load: LoadProcess, tmp_path: Path) -> None:
    """Attach, load, detach: the report comes back; what the workload prints does no harm."""
    assert await load.pid() != os.getpid()
    with serving(answering()) as served:
        target = Target("one", served.url, written(tmp_path, WORKLOAD), seed=1)
        order = Order(
            target, Load(Mode.CLOSED, 2), Client.WIRE,
            seed=1, lead_in_s=0.01, window_s=0.05, drain_s=0.5, pids=(os.getpid(),),
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
    pid = await load.pid()
    with pytest.raises(UsageError, match=reason):
        await load.attach(Target("bad", "http://127.0.0.1:1", written(tmp_path, text), seed=1))
    assert await load.pid() == pid


async def test_a_killed_generator_is_a_fault_of_the_harness() -> None:
    """Each order from then on is refused with one clear error; leaving does not hang."""
    async with load_process(None) as load:
        os.kill(await load.pid(), signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(HarnessError, match="process has died"):
                await load.detach("nobody")


async def test_leaving_ends_the_process() -> None:
    """And waits until it has ended."""
    async with load_process(None) as load:
        pid = await load.pid()
    assert gone(pid)


async def test_leaving_kills_a_workload_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's code may never return: it is given some time, no more."""
    monkeypatch.setattr(process_module, "LEAVE_TIMEOUT_S", 0.2)
    async with load_process(None) as load:
        pid = await load.pid()
        target = Target("hanging", "http://127.0.0.1:1", written(tmp_path, HANGING), seed=1)
        attaching = asyncio.create_task(load.attach(target))
        await asyncio.wait({attaching}, timeout=0.05)
        attaching.cancel()
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_its_parent(number: signal.Signals) -> None:
    """However that ends: a parent that is killed can clean nothing up."""
    with subprocess.Popen(
        [sys.executable, "-m", parent.__name__],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as harness:
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
        assert os.sched_getaffinity(await load.pid()) == {core}
    assert os.sched_getaffinity(0) == before
