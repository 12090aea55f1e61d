"""How many rounds there are, how long they are, and what is said of it beforehand."""

import re
from collections import Counter
from dataclasses import replace
from itertools import groupby

import pytest

from bench.facts.settings import Timing
from bench.facts.slice import Role
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT
from bench.run.rounds.starting_point import StartingPoint
from tests.run.rounds.staged import (
    NAMES,
    NS,
    SHORT,
    TWO,
    Made,
    Stage,
    StoppedError,
    perform,
    stage,
    turns,
)


@pytest.mark.parametrize(
    ("launch_s", "budget_s", "rounds"),
    [(1.0, 300.0, 5), (10.0, 300.0, 5), (25.0, 300.0, 3), (25.0, 200.0, 2), (25.0, 60.0, 1)],
)
async def test_servers_that_start_slowly_have_fewer_rounds(
    monkeypatch: pytest.MonkeyPatch, launch_s: float, budget_s: float, rounds: int
) -> None:
    """The budget is kept, but for the one round that there is in any case."""
    found = stage(**{name: Made(launch_s=launch_s) for name in NAMES})
    timing = Timing(stage_s=budget_s, budget_s=budget_s)
    await perform(found, replace(TWO, rounds=5, timing=timing), monkeypatch)
    assert {one.round for one in found.counted} == set(range(1, rounds + 1))
    assert found.now_ns / NS <= max(OVERDRAFT * budget_s, max_round_s(found) + 1)
    roles = {(one.round, one.role) for one in found.counted}
    wanted = {(round_, Role.EXPOSURE) for round_ in range(1, rounds + 1)}
    assert wanted <= roles
    if budget_s == 300:
        assert (rounds, Role.COMPARISON) in roles


@pytest.mark.parametrize(
    ("service_s", "budget_s", "rounds"),
    [(0.05, 300.0, 5), (1.5, 300.0, 5), (1.5, 100.0, 2), (1.5, 10.0, 1)],
)
async def test_rounds_that_exceed_the_budget_are_fewer(
    monkeypatch: pytest.MonkeyPatch, service_s: float, budget_s: float, rounds: int
) -> None:
    """One there always is, however long its requests take; and none is cut short."""
    found = stage(**{name: Made(service_s=service_s) for name in NAMES})
    wanted = replace(TWO, rounds=5, timing=Timing(stage_s=budget_s, budget_s=budget_s))
    await perform(found, wanted, monkeypatch)
    assert {one.round for one in found.counted} == set(range(1, rounds + 1))
    cells = Counter((one.round, one.rotation) for one in found.counted)
    assert set(cells.values()) == {6}
    longest_s = max_round_s(found)
    assert found.now_ns / NS <= max(1.2 * budget_s, longest_s)


async def test_later_rounds_are_as_long_as_the_shortest_of_the_fixed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In rotations, also in one that was interrupted; there are as many as the precision takes."""
    wanted = replace(
        SHORT, rounds=3, precision=0.05, timing=replace(SHORT.timing, stage_s=60.0, budget_s=300.0)
    )
    whole = stage(**{name: Made(spread=0.02) for name in NAMES})
    await perform(whole, wanted, monkeypatch)
    later = [n for n, one in enumerate(whole.slices) if one.round == 4 and not one.warm_up]
    assert later
    for stop_after in (None, later[0] + 1, later[-1], later[-1] + 1):
        found = stage(**{name: Made(spread=0.02) for name in NAMES})
        found.stop_after = stop_after
        try:
            await perform(found, wanted, monkeypatch)
        except StoppedError:
            found.alive.clear()
            await perform(found, wanted, monkeypatch, StartingPoint.after(found.facts))
        rotations = {one.round: one.rotation for one in found.counted}
        shortest = min(rotations[round_] for round_ in (1, 2, 3))
        assert {rotations[round_] for round_ in rotations if round_ > 3} == {shortest}
        assert len(turns(found)) == len(set(turns(found)))


def max_round_s(found: Stage) -> float:
    """How long the longest round took, by the ends of its slices."""
    ends = [max(o.ended_s for o in group) for _, group in groupby(found.slices, lambda o: o.round)]
    return max(end - begin for begin, end in zip([0.0, *ends], ends, strict=False))


@pytest.mark.parametrize("alone", [False, True], ids=["side by side", "alone"])
@pytest.mark.parametrize(
    ("made", "budget_s"),
    [(Made(service_s=1.5), 45.0), (Made(service_s=0.5), 45.0), (Made(launch_s=25.0), 100.0)],
    ids=["slow", "half a second", "starting"],
)
async def test_a_budget_that_holds_no_more_than_some_rounds_is_told_beforehand(
    monkeypatch: pytest.MonkeyPatch, made: Made, budget_s: float, *, alone: bool
) -> None:
    """How long the run takes, and a budget that holds them all; with that, nothing is said.

    On the stage no answer is late, so that a round takes a little less than it is expected to.
    """

    async def run(seconds: float) -> Stage:
        found = stage(**{name: replace(made) for name in NAMES})
        timing = Timing(stage_s=seconds, budget_s=seconds)
        exposure_s = schedule.exposure_s(timing, 3, len(NAMES), 1, alone=alone)
        timing = replace(timing, exposure_s=exposure_s)
        await perform(found, replace(TWO, rounds=3, timing=timing, alone=alone), monkeypatch)
        return found

    found = await run(budget_s)
    [told] = found.notes
    said = re.fullmatch(
        r"(?:the budget of \d+ s has time for about (\d) of 3 rounds"
        r"|a single round, 1 of 3, will take about (\d+) s, where the budget is \d+ s)"
        r"; --budget (\d+)s has time for all",
        told,
    )
    assert said is not None
    rounds, takes_s, enough_s = (int(each or 0) for each in said.groups())
    assert found.enough_s == enough_s
    done = len({one.round for one in found.counted})
    assert (rounds or 1) <= done <= (rounds or 1) + 1
    assert not takes_s or takes_s == pytest.approx(found.now_ns / NS, rel=0.3)
    assert re.search(rf"budget (of|is) {budget_s:g} s\b", told)

    found = await run(enough_s)
    assert found.notes == []
    assert found.enough_s is None
    assert {one.round for one in found.counted} == {1, 2, 3}
    assert found.now_ns / NS <= OVERDRAFT * enough_s
