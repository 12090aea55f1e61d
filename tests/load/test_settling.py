"""Whether a server has come to rest: real processes that work on."""

import os
import sys

import pytest

from bench.load.settling import LOOK_NS, Settled, settle
from servers.processes.process_tree import TreeClock, TreeCpu
from tests.servers.working import working

GONE = 2**22 + 1  # Above the kernel's largest pid.
MS = 1_000_000


def test_nobodys_tree_is_at_rest() -> None:
    """As far as anybody can tell, and nobody waits for it."""
    assert settle(None) == Settled(None, idle=True)
    assert settle(TreeClock(GONE)) == Settled(None, idle=True)


def test_a_server_at_rest_is_found_so_at_once() -> None:
    """Sleeping, or waiting for what comes in."""
    with working() as server:
        server.begin("sleep 50")
        found = settle(TreeClock(os.getpid()))
        assert found.idle
        assert found.after_ns is not None
        server.end()


@pytest.mark.parametrize("hindered", [False, True])
def test_a_server_that_works_on_is_waited_for(*, hindered: bool) -> None:
    """Until it has done all of it, also when another process has its core half of the time."""
    if hindered and sys.platform != "linux":
        pytest.skip("only Linux tells who would work if it could")
    with working() as server, working() as neighbour:
        if hindered:
            core = min(os.sched_getaffinity(0))
            for each in (server, neighbour):
                os.sched_setaffinity(each.process.pid, {core})
            neighbour.begin("own 60000")
        tree = TreeClock(os.getpid())
        tree._pids = frozenset([server.process.pid])
        before = tree.read()
        server.begin("own 60")
        found = settle(tree)
        after = tree.read()
        server.end()
        if hindered:
            neighbour.give_up()
    assert before is not None
    assert after is not None
    assert found.idle
    assert found.after_ns is not None
    assert found.after_ns >= LOOK_NS
    assert after.total_ns - before.total_ns >= 60 * MS


def test_a_server_that_never_rests_is_given_up() -> None:
    """When the time for that is over, with how long it worked on."""
    with working() as server:
        server.begin("own 60000")
        found = settle(TreeClock(os.getpid()), patience_ns=20 * MS)
        server.give_up()
    assert not found.idle
    assert found.after_ns is not None
    assert found.after_ns >= 20 * MS


class Scripted(TreeClock):
    """A tree whose readings are known."""

    def __init__(self, *readings: TreeCpu | None, hindered: int = 0) -> None:
        self._readings = iter(readings)
        self._hindered = hindered

    def read(self) -> TreeCpu | None:
        """The next of them."""
        return next(self._readings)

    def wants_to_run(self) -> bool:
        """Whether others have its core: so many times."""
        self._hindered -= 1
        return self._hindered >= 0


@pytest.mark.parametrize(
    "readings",
    [
        [TreeCpu(5 * MS, 0), TreeCpu(5 * MS, 0)],
        [TreeCpu(5 * MS, 0), TreeCpu(5 * MS + 1000, 0)],
        [TreeCpu(5 * MS, 0), TreeCpu(1 * MS, 0)],
        [TreeCpu(0, 0), TreeCpu(300 * MS, 0), TreeCpu(300 * MS, 0)],
        [TreeCpu(0, 0), TreeCpu(0, 300 * MS), TreeCpu(0, 300 * MS)],
    ],
    ids=["idle", "a little", "one ended", "worked", "waited for another"],
)
def test_rest_is_a_time_in_which_nothing_is_done(readings: list[TreeCpu]) -> None:
    """It is looked at until then, and no longer."""
    tree = Scripted(*readings)
    assert settle(tree).idle
    assert next(tree._readings, None) is None


def test_a_server_that_has_no_core_is_not_at_rest() -> None:
    """Its CPU time stands still, and it would go on if it could."""
    tree = Scripted(*[TreeCpu(0, 0)] * 3, hindered=1)
    assert settle(tree).idle
    assert next(tree._readings, None) is None


def test_a_server_that_dies_meanwhile_cannot_be_told_of() -> None:
    """That it is gone is found out elsewhere."""
    assert settle(Scripted(TreeCpu(1, 0), None)) == Settled(None, idle=True)
