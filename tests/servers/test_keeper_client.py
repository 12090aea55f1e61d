"""The keeper: a program's processes never outlive their owner, however it ends."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from servers.errors import KeeperError
from servers.processes.keeper_client import keep
from servers.processes.leftovers import OWNER, owner
from tests.servers.eventually import eventually, living, pids_in
from tests.servers.tree import SIZE, TREE

HARNESS = [sys.executable, "-m", "tests.servers.harness"]
ROOT = Path(__file__).resolve().parents[2]
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="subreapers are Linux's")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Name a log that is there, and empty."""
    path = tmp_path / "log"
    path.touch()
    return path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Make a folder that a keeper is to remove."""
    path = tmp_path / "scratch"
    path.mkdir()
    return path


def text(path: Path) -> str:
    """Return what was written to a file."""
    return path.read_text()


@pytest.mark.parametrize(
    ("script", "expected"), [("exit 0", 0), ("exit 3", 3), ("kill -INT $$", -signal.SIGINT)]
)
async def test_exit_status(log: Path, script: str, expected: int) -> None:
    """The program's own; a signal's number, negative: and no signal is ignored in it."""
    async with keep(["sh", "-c", script], log=log) as kept:
        assert expected == await kept.wait()
    assert kept.leftovers == 0


BURN = "import time\nwhile time.process_time_ns() < 150_000_000: pass"


@pytest.mark.parametrize(
    ("command", "least_ns", "most_ns"),
    [
        ([sys.executable, "-S", "-c", BURN], 150e6, 400e6),
        (["sh", "-c", f'{sys.executable} -S -c "{BURN}"; exit 3'], 150e6, 400e6),
        (["sleep", "0.3"], 0, 100e6),
    ],
    ids=["its own", "of a child that it waits for", "asleep"],
)
async def test_cpu_time(log: Path, command: list[str], least_ns: float, most_ns: float) -> None:
    """What the program used is known when it has ended, and not before."""
    async with keep(command, log=log) as kept:
        before = kept.cpu_ns
        await kept.wait()
    assert before is None
    assert kept.cpu_ns is not None
    assert least_ns <= kept.cpu_ns < most_ns


async def test_output_goes_to_the_log_or_apart(log: Path, tmp_path: Path) -> None:
    """Both streams to the log, after what it holds; stdout to a file of its own when named."""
    script = ["sh", "-c", "echo out; echo err >&2"]
    async with keep(script, log=log) as kept:
        await kept.wait()
    async with keep(script, log=log, stdout=tmp_path / "out") as kept:
        await kept.wait()
    assert text(log) == "out\nerr\nerr\n"
    assert text(tmp_path / "out") == "out\n"


async def test_environment_and_folder(log: Path, tmp_path: Path) -> None:
    """Exactly the environment that was given, with the owner, and the folder."""
    async with keep(["/usr/bin/env"], log=log, env={"ONLY": "this"}, cwd=tmp_path) as kept:
        await kept.wait()
    assert sorted(text(log).splitlines()) == ["ONLY=this", f"{OWNER}={owner()}"]


async def test_pinned(log: Path) -> None:
    """The program and its children may use the named cores only."""
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system cannot pin")
    core = max(os.sched_getaffinity(0))
    script = "import os; print(os.sched_getaffinity(0))"
    async with keep([sys.executable, "-c", script], log=log, cpus=frozenset({core})) as kept:
        await kept.wait()
    assert text(log) == f"{{{core}}}\n"


async def test_missing_program(log: Path) -> None:
    """One line with the name."""
    with pytest.raises(KeeperError, match=r"nothing-here could not be started: .*No such file"):
        async with keep(["/nothing-here"], log=log):
            pytest.fail("it was kept")


@LINUX_ONLY
async def test_leaving_kills_the_whole_tree(log: Path) -> None:
    """The child, the grandchild in its own session and the orphan are gone, and were counted."""
    async with keep(TREE, log=log) as kept:
        pids = await pids_in(log, SIZE)
        assert set(pids) == set(kept.pids())
    assert living(pids) == []
    assert kept.leftovers == SIZE


@LINUX_ONLY
async def test_processes_that_outlive_the_program(log: Path) -> None:
    """A program that daemonizes and leaves does not escape; its end is told at once."""
    async with keep(["sh", "-c", "setsid sleep 300 & echo $!"], log=log) as kept:
        assert await kept.wait() == 0
        pids = await pids_in(log, 1)
        assert pids == living(pids)
    assert living(pids) == []
    assert kept.leftovers == 1


async def test_wait_empty(log: Path) -> None:
    """The end of the last process is an event too."""
    async with keep(["true"], log=log) as kept:
        await kept.wait_empty()
        assert not kept.running


@LINUX_ONLY
async def test_cancellation_kills_the_whole_tree(log: Path) -> None:
    """However often it is cancelled meanwhile."""

    async def hold() -> None:
        async with keep(TREE, log=log):
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    pids = await pids_in(log, SIZE)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert living(pids) == []


async def test_cancelled_while_it_starts(log: Path) -> None:
    """A keeper that has no order yet leaves too."""

    async def hold() -> None:
        async with keep(["sleep", "300"], log=log):
            await asyncio.Event().wait()

    before = set(psutil.Process().children())
    task = asyncio.create_task(hold())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set() == set(psutil.Process().children()) - before


@LINUX_ONLY
@pytest.mark.parametrize("how", [[], ["fork"]], ids=["alone", "its child holds the lifeline"])
async def test_sigkill_of_the_harness_leaves_nothing(
    log: Path, scratch: Path, how: list[str]
) -> None:
    """No process, and no scratch folder, even while somebody else holds the lifeline open."""
    harness = await asyncio.create_subprocess_exec(
        *HARNESS, str(log), str(scratch), *how, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert harness.stdout is not None
    child = int(await harness.stdout.readline()) if how else None
    try:
        pids = await pids_in(log, SIZE)
        harness.kill()
        assert await eventually(lambda: living(pids) == [])
        assert await eventually(lambda: not scratch.exists())
    finally:
        if child is not None:
            os.kill(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            harness.kill()
        await harness.communicate()


@LINUX_ONLY
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_keeper_ignores_what_a_terminal_sends(log: Path, number: signal.Signals) -> None:
    """When to stop is the harness's to say."""
    async with keep(["sh", "-c", "echo $PPID; read _ < /dev/null; exec sleep 300"], log=log) as k:
        (keeper,) = await pids_in(log, 1)
        os.kill(keeper, number)
        await k.send_signal(signal.SIGUSR1)  # Obeyed after the other was ignored.
        assert await k.wait() == -signal.SIGUSR1
        assert [keeper] == living([keeper])


@LINUX_ONLY
async def test_sigkill_of_the_keeper_kills_the_program(log: Path) -> None:
    """And whoever waits for it learns that its keeper was lost."""
    async with keep(["sh", "-c", "echo $$; echo $PPID; sleep 300 & wait"], log=log) as kept:
        pid, keeper = await pids_in(log, 2)
        os.kill(keeper, signal.SIGKILL)
        with pytest.raises(KeeperError, match="the keeper of sh was lost"):
            await kept.wait()
        assert await eventually(lambda: living([pid, *kept.pids()]) == [])


async def test_a_keeper_that_is_late_to_say_so(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left that could not be killed: that is no failure."""
    monkeypatch.setattr("servers.processes.keeper_client._CLEAR_S", 0.0)
    async with keep(["true"], log=log) as kept:
        assert await kept.wait() == 0
        await kept.wait_empty()
