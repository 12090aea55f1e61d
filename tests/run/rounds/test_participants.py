"""Who takes part in a round, after what has failed before."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.facts.settings import Timing
from bench.run.resume_checks import check_planned
from bench.run.rounds.attempts import FAILED_AGAIN, NEVER_READY
from bench.run.rounds.starting_point import StartingPoint
from tests.run.rounds.staged import FIVE, NAMES, TWO, Made, StoppedError, perform, stage


async def test_a_server_that_dies_is_passed_over_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others go on; it has failed all the same."""
    found = stage(b=Made(dies_at=3))
    done = await perform(found, TWO, monkeypatch)
    assert done.failed == {"b"}
    in_round = Counter((one.round, one.cell.profile) for one in found.counted)
    assert in_round[1, "b"] < in_round[1, "a"]
    assert in_round[2, "b"] == in_round[2, "a"]
    check_planned(found.facts, TWO, NAMES)


@pytest.mark.parametrize(
    ("gated", "times", "why"), [(False, 1, NEVER_READY), (True, 2, FAILED_AGAIN)]
)
async def test_a_server_that_is_not_ready_is_not_started_in_each_round(
    monkeypatch: pytest.MonkeyPatch, *, gated: bool, times: int, why: str
) -> None:
    """Once more if it was ready for its gate; the others go on without it, and it is said."""
    found = stage(b=Made(unready=range(1, 9), launch_s=5.0))
    done = await perform(found, FIVE, monkeypatch, gated=gated)
    assert found.servers["b"].launches == times
    assert ("b", why) in found.failures
    assert done.failed == {"b"}
    assert {(o.round, o.cell.profile) for o in found.counted} == {
        (round_, name) for round_ in range(1, 6) for name in ("a", "c")
    }
    check_planned(found.facts, FIVE, NAMES)


async def test_a_run_of_which_only_the_twin_lives_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there to be compared with: alone it would be measured for nothing."""
    found = stage(a=Made(unready=range(1, 9)), b=Made(unready=range(1, 9)))
    await perform(found, FIVE, monkeypatch, twin="c")
    assert found.servers["c"].launches == 1
    assert found.counted == []


@pytest.mark.parametrize(("budget_s", "launches"), [(24.0, 0), (90.0, 3)])
async def test_a_twin_is_started_only_if_there_is_time_for_pieces(
    monkeypatch: pytest.MonkeyPatch, budget_s: float, launches: int
) -> None:
    """It is there for nothing else; what it would take to start goes to the others."""
    found = stage(**{name: Made(launch_s=1.0) for name in NAMES})
    timing = Timing(stage_s=budget_s, budget_s=budget_s)
    await perform(found, replace(TWO, rounds=3, timing=timing), monkeypatch, twin="c")
    assert found.servers["b"].launches > 0
    assert found.servers["c"].launches == launches


async def test_a_server_that_does_not_answer_what_a_workload_asks_first_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others are measured, and its failure is reported."""
    found = stage(b=Made(unanswering=True))
    done = await perform(found, TWO, monkeypatch)
    assert done.failed == {"b"}
    assert ("b", "workload 'w' asks the server, and that fails") in found.failures
    assert {one.cell.profile for one in found.counted} == {"a", "c"}


@pytest.mark.parametrize(("unready", "launches"), [({2}, 5), ({2, 3}, 3), ({3, 5}, 5)])
async def test_a_server_that_failed_in_two_rounds_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch, unready: set[int], launches: int
) -> None:
    """Where it was ready before: once may be bad luck."""
    found = stage(b=Made(unready=unready))
    await perform(found, FIVE, monkeypatch)
    assert found.servers["b"].launches == launches
    check_planned(found.facts, FIVE, NAMES)


async def test_a_server_that_was_given_up_stays_so_after_an_interruption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What had failed is on disk."""
    whole = stage(b=Made(unready={2, 3}))
    await perform(whole, FIVE, monkeypatch)
    found = stage(b=Made(unready={2, 3}))
    found.stop_after = next(n for n, one in enumerate(whole.slices) if one.round == 4)
    with pytest.raises(StoppedError):
        await perform(found, FIVE, monkeypatch)
    found.alive.clear()
    await perform(found, FIVE, monkeypatch, StartingPoint.after(found.facts))
    assert found.servers["b"].launches == 3
    check_planned(found.facts, FIVE, NAMES)
