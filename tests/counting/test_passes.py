"""A pass over many starts: in turns, side by side, and without those that cannot be counted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.counting import passes
from bench.counting.callgrind_file import CodePlace
from bench.counting.count import Countable, Counted, Start
from bench.counting.errors import CounterError, CountingError
from bench.counting.passes import CountFact, CountingPass, in_turns
from bench.facts.instructions import Counter, CountFailure, InstructionCount, KernelWork, Spending
from tests.build.counts import count as made
from tests.counting.tiny import tiny

PLACE = CodePlace("/e/lib/python3.11/site-packages/h11/x.so", "parse")


class Stage:
    """Counts what is made up, and keeps what is said."""

    def __init__(self, tmp_path: Path, *, cores: int = 2, broken: str = "") -> None:
        self.facts: list[CountFact] = []
        self.lines: list[str] = []
        self.started: list[tuple[str, int]] = []
        self.at_once = self.most_at_once = 0
        self.broken = broken
        self.error = CountingError("it ended by signal 6 (SIGABRT) under valgrind")
        self.counting = CountingPass(
            Counter.VALGRIND, tmp_path, range(cores), self.facts.append, self.lines.append
        )

    async def count(self, what: Countable, start: Start, *_: object) -> Counted:
        """Count in no time; the broken server fails."""
        name = what.profile.name
        self.started.append((name, start.number))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if name == self.broken:
            raise self.error
        return Counted(made(name, start.number, 1_000), {PLACE: 100_000})

    async def kernel_work(self, what: Countable, start: Start) -> KernelWork:
        """See nothing of the kernel."""
        del start
        return KernelWork(what.profile.name, what.workload, 1, 0, 0)


@contextmanager
def no_meter(counter: Counter) -> Iterator[Counter]:
    """Stand for a meter."""
    yield counter


def of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> CountingPass:
    """The pass, in which nothing is started."""
    monkeypatch.setattr(passes, "count", stage.count)
    monkeypatch.setattr(passes, "kernel_work", stage.kernel_work)
    monkeypatch.setattr(passes, "meter", no_meter)
    return stage.counting


def countables(tmp_path: Path) -> list[Countable]:
    """Two servers."""
    what = tiny("0", tmp_path / "workload.py")
    return [replace(what, profile=replace(what.profile, name=name)) for name in ("a", "b")]


async def test_every_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each server so many times, in turns, one a core; what they went on is noted at the end."""
    stage = Stage(tmp_path)
    failed = await of(stage, monkeypatch).run(in_turns(countables(tmp_path), 3))
    assert failed == set()
    assert stage.started == [(name, n) for n in (1, 2, 3) for name in ("a", "b")]
    assert stage.most_at_once == 2
    assert sum(isinstance(fact, InstructionCount) for fact in stage.facts) == 6
    spendings = [fact for fact in stage.facts if isinstance(fact, Spending)]
    assert [(one.profile, one.requests, one.total) for one in spendings] == [
        ("a", 300, 300_000),
        ("b", 300, 300_000),
    ]
    assert spendings[0].parts[0].package == "h11"
    assert sum(isinstance(fact, KernelWork) for fact in stage.facts) == 2


async def test_one_that_cannot_be_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has one line and is not started again; the other goes on."""
    stage = Stage(tmp_path, cores=1, broken="a")
    failed = await of(stage, monkeypatch).run(in_turns(countables(tmp_path), 3))
    assert failed == {"a"}
    assert stage.started == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
    assert [fact for fact in stage.facts if isinstance(fact, CountFailure)] == [
        CountFailure("a", "tiny", 1, "it ended by signal 6 (SIGABRT) under valgrind")
    ]
    assert "counting instructions: a failed: it ended by signal 6 (SIGABRT) under valgrind" in (
        stage.lines
    )
    assert {fact.profile for fact in stage.facts if isinstance(fact, Spending)} == {"b"}


async def test_what_the_counter_cannot_tell_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a line too, but the server has done nothing wrong."""
    stage = Stage(tmp_path, broken="a")
    stage.error = CounterError("the CPU's counters are shared")
    assert await of(stage, monkeypatch).run(in_turns(countables(tmp_path), 3)) == set()
    assert CountFailure("a", "tiny", 1, "the CPU's counters are shared", tool=True) in stage.facts


async def test_cores_that_cannot_be_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then there is one start at a time."""
    stage = Stage(tmp_path, cores=0)
    await of(stage, monkeypatch).run(in_turns(countables(tmp_path), 2))
    assert stage.most_at_once == 1
    assert len(stage.started) == 4
