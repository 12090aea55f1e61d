"""Facts about process trees."""

import os
import socket
import subprocess
import sys
import time

import pytest

from servers.processes import process_tree
from servers.processes.process_tree import TreeClock, TreeCpu
from tests.ending import PATIENCE_S
from tests.load.server import eventually
from tests.servers.working import working

GONE = 2**22 + 1  # Above the kernel's largest pid.


def test_cpu_time_is_that_of_the_process() -> None:
    """In ns, all threads: the kernel's own figure for this process."""
    before = time.process_time_ns()
    found = process_tree.cpu_ns([os.getpid()])[os.getpid()]
    assert before <= found <= time.process_time_ns()


def test_who_is_gone_is_absent() -> None:
    """A process may end at any moment: no figure, no error."""
    assert process_tree.cpu_ns([GONE]) == {}
    assert process_tree.pss_bytes([GONE]) is None
    assert set() == process_tree.listeners([GONE], 80)
    assert process_tree.descendants(GONE) == []


def test_memory_adds_up_over_the_living() -> None:
    """The sum of those that can be read; None where the system does not tell."""
    own = process_tree.pss_bytes([os.getpid(), GONE])
    assert own is None or 1_000_000 < own < 10_000_000_000


def test_descendants_live() -> None:
    """A child is one while it runs; a zombie is none, and neither is the process itself."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in process_tree.descendants(os.getpid())
        assert os.getpid() not in process_tree.descendants(os.getpid())
        child.communicate(b"\n")
    assert child.pid not in process_tree.descendants(os.getpid())


def test_listeners_hold_the_socket() -> None:
    """The owner of the listening socket, found by port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert {os.getpid()} == process_tree.listeners([os.getpid()], port)
    assert set() == process_tree.listeners([os.getpid()], port)


def test_sessions_that_are_nobodys_are_left_alone() -> None:
    """0 and 1 are never killed."""
    process_tree.kill_session(0)
    process_tree.kill_session(1)


def spent_ms(before: TreeCpu | None, after: TreeCpu | None) -> float:
    """CPU time between two readings."""
    assert before is not None
    assert after is not None
    return (after.total_ns - before.total_ns) / 1e6


TICKS_MS = 20.0  # user and system time of who was waited for are each cut off to 10 ms


@pytest.mark.parametrize(
    ("command", "lost_ms"), [("own 60", 0.0), ("child 100", TICKS_MS), ("grandchild 100", TICKS_MS)]
)
def test_a_tree_has_the_time_of_those_it_has_waited_for(command: str, lost_ms: float) -> None:
    """Of a process, of a child that has ended, and of a child of one."""
    with working() as program:
        tree = TreeClock(os.getpid())
        before = tree.read()
        program.do(command)
        after = tree.read()
    assert spent_ms(before, after) >= int(command.split()[1]) - lost_ms


def test_a_process_that_comes_is_counted_whole_with_the_next_look() -> None:
    """Who is in the tree is not looked for with every reading, which would take too long."""
    with working() as program:
        tree = TreeClock(os.getpid())
        first = tree.read()
        program.do("stay 60")
        second = tree.read()
        assert tree.look() == 1
        third = tree.read()
        assert tree.look() == 0
        program.do("stay 0")
        program.do("stay 0")
        assert tree.look() == 2
    assert spent_ms(first, second) < 60
    assert spent_ms(second, third) >= 60


def test_a_process_that_went_is_noticed_with_the_next_look() -> None:
    """And what it has spent stays in the tree, since it was waited for."""
    tree = TreeClock(os.getpid())
    with working() as other, working() as program:
        assert tree.look() == 2
        program.do("own 100")
        before = tree.read()
        program.process.communicate(timeout=PATIENCE_S)
        after = tree.read()
        assert tree.look() == 1
        assert spent_ms(before, after) >= -TICKS_MS
        other.do("own 0")
    assert tree.look() == 1


def test_a_tree_without_processes_has_no_time() -> None:
    """None of them lives: absent, never 0."""
    assert TreeClock(GONE).read() is None
    assert TreeClock(GONE).look() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells without looking for long")
def test_who_works_or_would_if_it_could_wants_to_run() -> None:
    """Also without a core: several work on one, of which one has it."""
    with working() as one, working() as another:
        core = min(os.sched_getaffinity(0))
        for each in (one, another):
            os.sched_setaffinity(each.process.pid, {core})
        tree = TreeClock(os.getpid())
        eventually(lambda: not tree.wants_to_run())
        for each in (one, another):
            each.begin("own 60000")
        readings = [TreeClock(each.process.pid) for each in (one, another)]
        for each, clock in zip((one, another), readings, strict=True):
            clock._pids = frozenset([each.process.pid])
        eventually(lambda: all(clock.wants_to_run() for clock in readings))
        for each in (one, another):
            each.give_up()
