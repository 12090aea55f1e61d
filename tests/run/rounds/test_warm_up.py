"""What the first warm-up finds, and what is said where it finds nothing."""

from dataclasses import replace

import pytest

from bench.errors import HarnessError
from bench.facts.settings import Timing
from tests.run.rounds.staged import NAMES, TWO, WRONG, Made, perform, stage


async def test_requests_that_take_longer_than_the_pilot_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is repeated, longer, until some begin and end in it; then everything is as long."""
    found = stage(b=Made(service_s=1.5))
    await perform(found, replace(TWO, timing=Timing(stage_s=200.0, budget_s=200.0)), monkeypatch)
    pilots = [load.order for load in found.loads if load.name == "b"][:3]
    assert [order.window_s for order in pilots] == pytest.approx([0.5, 1.5, 4.5], rel=0.01)
    cut = found.cuts["get_item"]
    assert (cut.exposure_s, cut.lead_in_s) == pytest.approx((3.0, 2.25), rel=0.05)
    mine = [one for one in found.counted if one.cell.profile == "b"]
    assert mine
    assert all(one.requests for one in mine)


async def test_an_experiment_without_right_answers_says_what_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of every server."""
    found = stage(**{name: Made(right=False) for name in NAMES})
    with pytest.raises(HarnessError) as failed:
        await perform(found, TWO, monkeypatch)
    for name in NAMES:
        assert f"{name}: 0 of 4,000 answered correctly (4,000 wrong status; first: {WRONG})" in str(
            failed.value
        )


async def test_pilots_end_when_the_budget_went_into_seeing_that_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each may take a minute, where requests are waited for."""
    found = stage(**{name: Made(service_s=1000.0) for name in NAMES})
    wanted = replace(TWO, timing=Timing(stage_s=10.0, budget_s=10.0))
    with pytest.raises(HarnessError, match=r"not tried, for --budget is spent: . and .$"):
        await perform(found, wanted, monkeypatch)
    assert len({load.name for load in found.loads}) == 1
