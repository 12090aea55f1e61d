"""What the first warm-up finds, and what is said where it finds nothing."""

from dataclasses import replace

import pytest

from bench.errors import HarnessError, UsageError
from bench.facts.load import Mode
from bench.facts.settings import Timing
from bench.plan.schedule import longest_load_s
from bench.run.rounds import warm_up
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


async def test_a_rate_that_has_no_room_in_an_exposure_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow server makes exposures long: what to do is said as soon as that is known."""
    found = stage(b=Made(service_s=1.5))
    wanted = replace(TWO, rate=200_000.0, timing=Timing(stage_s=200.0, budget_s=200.0))
    with pytest.raises(
        UsageError, match=r"--rate 200,000 is too much: .* lower it to 159,\d{3}, or"
    ):
        await perform(found, wanted, monkeypatch)
    assert {load.order.load.mode for load in found.loads} == {Mode.CLOSED}


async def test_a_rate_that_has_room_in_an_exposure_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long requests take."""
    found = stage(b=Made(service_s=1.5))
    wanted = replace(TWO, rate=150_000.0, timing=Timing(stage_s=200.0, budget_s=200.0))
    await perform(found, wanted, monkeypatch)
    assert {one.cell.load.offered_rate for one in found.counted} == {None, 150_000.0}


async def test_a_common_rate_is_no_higher_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not what anybody asked for."""
    monkeypatch.setattr(warm_up, "MOST_IN_A_SLICE", 1000)
    found = stage()
    await perform(found, TWO, monkeypatch)
    (rate,) = {one.cell.load.offered_rate for one in found.counted} - {None}
    longest_s = longest_load_s(found.cuts["get_item"])
    assert rate == pytest.approx(0.99 * 1000 / longest_s)


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
