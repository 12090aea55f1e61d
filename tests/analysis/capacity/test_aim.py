"""Lengths that suit an SLO, and budgets that suit lengths."""

import json

import pytest

from bench.analysis.capacity.goal import LEAD_IN_S, CapacityGoal, read, resolution, resolved
from bench.errors import HarnessError, UsageError


@pytest.mark.parametrize(
    ("slo", "share", "lead_in_s"),
    [
        ("p95<20ms", 0.03, LEAD_IN_S),
        ("p95<60ms", 0.03, 2.0),
        ("p50<5ms, p95<60ms", 0.03, 2.0),
        ("p95<60ms", 0.1, LEAD_IN_S),
    ],
)
def test_the_lead_in_lets_a_small_overload_show(slo: str, share: float, lead_in_s: float) -> None:
    """A queue that grows by the resolution reaches the limit in limit / resolution."""
    aim = resolved(slo, share, None, 3.0)

    assert aim.lead_in_s == pytest.approx(lead_in_s)
    assert aim.blind < share


def test_without_a_budget_there_is_time_enough() -> None:
    """Two minutes, or what the slices take where the SLO asks for long ones."""
    assert resolved("p95<20ms", 0.03, None, 3.0).budget_s == 120
    long = resolved("p95<500ms", 0.03, None, 3.0)
    assert long.budget_s >= long.least_s > 120


def test_a_budget_that_is_too_short_is_refused_with_the_smallest_that_would_do() -> None:
    """Which does."""
    with pytest.raises(UsageError, match=r"give each server 69s or more$"):
        resolved("p95<20ms", 0.03, 68, 3.0)
    with pytest.raises(UsageError, match=r"or a coarser --resolution than 3\.0%"):
        resolved("p95<90ms", 0.03, 70, 3.0)
    assert resolved("p95<20ms", 0.03, 69, 3.0).search_s > 0


@pytest.mark.parametrize(("text", "share"), [("3%", 0.03), ("0.5%", 0.005), (" 20 % ", 0.2)])
def test_resolutions_are_read(text: str, share: float) -> None:
    """As a share."""
    assert resolution(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "x", "0%", "-3%", "50%", "nan%", "inf%"])
def test_impossible_resolutions_are_refused(text: str) -> None:
    """In one line, with what is possible."""
    with pytest.raises(UsageError, match=r"give 0\.5% to 20%"):
        resolution(text)


def test_the_manifest_holds_what_a_report_needs() -> None:
    """Written as JSON and read again, it is the same aim."""
    aim = resolved("p95<60ms, failures<0.1%", 0.03, None, 3.0)

    assert read(json.loads(json.dumps(aim.settings))) == aim


@pytest.mark.parametrize("settings", [{}, {"slo": "p95"}, {"slo": "p95<5ms", "more": 1}])
def test_settings_that_somebody_has_edited_are_refused(settings: dict[str, object]) -> None:
    """A manifest that cannot be read is damaged."""
    with pytest.raises(HarnessError, match="damaged"):
        read(settings)


def test_the_phases_share_the_budget() -> None:
    """Search, then verification, then overload: no more than was given."""
    aim: CapacityGoal = resolved("p95<20ms", 0.03, 120, 3.0)

    assert 0 < aim.search_s < aim.verify_s < aim.budget_s
