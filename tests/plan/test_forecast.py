"""How long a run's rounds take, and the budget that holds them."""

from dataclasses import replace

import pytest

from bench.facts.load import Mode
from bench.facts.settings import Timing
from bench.facts.slice import Cut
from bench.plan.forecast import Forecast, precise_s
from bench.run.rounds.pilot_messages import beforehand

QUICK = Cut(0.2, {mode: {"a": 16, "b": 16} for mode in Mode}, 1.5, 0.25, 5.0)
SLOW = replace(QUICK, exposure_s=3.0, lead_in_s=2.25)  # of requests that take 1.5 s
FORECAST = Forecast(
    timing=Timing(stage_s=45.0, budget_s=45.0, exposure_s=0.5),
    rounds=3,
    servers=2,
    cuts=(SLOW,),
    ready_s=20.0,
    starting_s=4.0,
)


def test_rounds_are_added_up() -> None:
    """Two exposures of 3 s for each server, led in for 2.25 s, the last answer after 1.5 s."""
    exposures_s = 2 * 2 * (3.0 + 2.25 + 1.5)
    warming_s = 2 * (0.05 + 0.25 + 1.5)
    assert FORECAST.takes_s(1) == pytest.approx(20 + exposures_s)
    assert FORECAST.takes_s(3) == pytest.approx(
        20 + exposures_s + 2 * (4 + warming_s + exposures_s)
    )
    alone = replace(FORECAST, alone=True)
    assert alone.takes_s(1) == pytest.approx(20 + 4 + warming_s + exposures_s)


def test_the_budget_that_is_named_holds_all_rounds() -> None:
    """With the longer exposures that it brings, and no more than it must."""
    cuts = (replace(QUICK, exposure_s=0.5),)
    many = replace(FORECAST, cuts=cuts, servers=8, starting_s=8.0)
    for one in (FORECAST, many, replace(many, alone=True)):
        enough = replace(
            one, timing=replace(one.timing, stage_s=one.enough_s, budget_s=one.enough_s)
        )
        assert one.fitting < 3
        assert enough.fitting == 3
        assert enough.enough_s == one.enough_s
        assert one.takes_s(3) < one.enough_s < 2 * one.takes_s(3)


def test_a_run_that_keeps_its_budget_says_nothing() -> None:
    """As most do."""
    quick = replace(FORECAST, cuts=(replace(QUICK, exposure_s=0.5),), ready_s=6.0)
    assert beforehand(quick) == ""


def test_a_run_that_does_not_says_so() -> None:
    """Also where its one round alone takes longer."""
    assert beforehand(FORECAST) == (
        "the budget of 45 s has time for about 1 of 3 rounds; --budget 130s has time for all"
    )
    late = replace(FORECAST, ready_s=60.0)
    assert beforehand(late).startswith(
        "a single round, 1 of 3, will take about 87 s, where the budget is 45 s; --budget "
    )
    assert beforehand(replace(late, rounds=1)).startswith(
        "a single round will take about 87 s, where the budget is 45 s; --budget "
    )


@pytest.mark.parametrize(
    ("width", "wanted", "expected"),
    [(0.02, 0.01, 1190.0), (0.01, 0.01, None), (2.0, 0.01, None), (float("inf"), 0.01, None)],
)
def test_twice_as_exact_takes_four_times_as_long(
    width: float, wanted: float, expected: float | None
) -> None:
    """Where it is not exact enough, and something is known."""
    assert precise_s(300.0, width, wanted) == expected
