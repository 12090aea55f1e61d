"""Servers that work on after a load are measured alone."""

import pytest

from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.settings import Timing
from bench.facts.slice import DoubtKind, Role, Verdict
from bench.report.below import below
from bench.report.footnotes import footnotes
from bench.run.resume_checks import check_planned
from bench.run.rounds.restless import RESTLESS
from bench.run.rounds.starting_point import StartingPoint
from tests.run.rounds.staged import (
    FIVE,
    NAMES,
    NS,
    PATIENCE_S,
    TWO,
    Made,
    Stage,
    StoppedError,
    perform,
    settings,
    stage,
    turns,
)


@pytest.mark.parametrize("restless_from", [1, 2, 3, 6])
async def test_a_restless_server_is_measured_alone(
    monkeypatch: pytest.MonkeyPatch, restless_from: int
) -> None:
    """It is stopped as soon as that is known, and disturbs no other from then on."""
    found = stage(b=Made(restless_from=restless_from))
    await perform(found, TWO, monkeypatch)
    assert ("b", RESTLESS) in found.failures
    loads = [each for each in found.loads if each.name == "b"][restless_from:]
    assert loads
    assert all(not each.beside for each in loads)
    known = next(n for n, each in enumerate(found.slices) if not each.settled) + 1
    for load, one in zip(found.loads[known:], found.slices[known:], strict=True):
        if load.name != "b" and "b" in load.beside:
            assert one.verdict is Verdict.INVALID, "it was taken in turns with it"
            assert DoubtKind.NEIGHBOUR_WORKING in {doubt.kind for doubt in one.doubts}
    for round_ in (1, 2):
        mine = [o for o in found.counted if o.cell.profile == "b" and o.round == round_]
        exposed = [one.cell.load.mode for one in mine if one.role is Role.EXPOSURE]
        assert {Mode.OPEN, Mode.CLOSED} == set(exposed)
    assert len(turns(found)) == len(set(turns(found)))
    check_planned(found.facts, TWO, NAMES)


async def test_the_time_of_those_measured_alone_is_kept_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others have the rest of the second round, and no more."""
    found = stage(b=Made(restless_from=1))
    await perform(found, TWO, monkeypatch)
    alone_s = 2 * PATIENCE_S  # which nobody knew of before
    assert found.now_ns / NS < 60 + 3 * alone_s


@pytest.mark.parametrize("restless_from", [1, 6])
async def test_a_restless_server_is_ranked_by_its_exposures(
    monkeypatch: pytest.MonkeyPatch, restless_from: int
) -> None:
    """It has no pieces beside the others: at half their speed it is not among the fastest."""
    found = stage(
        a=Made(service_s=0.004, spread=0.01),
        b=Made(service_s=0.008, spread=0.01, restless_from=restless_from),
    )
    await perform(found, FIVE, monkeypatch)
    summary = summarize(found.facts)
    for section in summary.sections:
        places = {row.profile: row.rank.place for row in section.rows if row.rank}
        assert places["b"] == max(places.values()) > places["a"]
        assert section.pieceless == ("b",)
    said = " ".join(text for one in summary.sections for text in below(one, footnotes(summary)))
    assert "b: too few pieces in turns with the others" in said


@pytest.mark.parametrize("number", [1, 2])
async def test_servers_that_are_all_restless_are_measured_all_the_same(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """In every round, each without another beside it."""
    names = NAMES[:number]
    found = Stage({name: Made(restless_from=1) for name in names})
    wanted = settings(names, timing=Timing(stage_s=300.0, budget_s=300.0))
    await perform(found, wanted, monkeypatch)
    for round_ in (1, 2):
        exposed = {(o.cell.profile, o.cell.load) for o in found.counted if o.round == round_}
        assert len(exposed) == 2 * number
    assert {one.role for one in found.counted} == {Role.EXPOSURE}
    check_planned(found.facts, wanted, names)


async def test_a_run_of_restless_servers_goes_on_after_an_interruption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None of them can be measured side by side from the beginning: that is not the end."""
    found = Stage({name: Made(restless_from=1) for name in ("a", "b")}, stop_after=5)
    wanted = settings(("a", "b"), timing=Timing(stage_s=300.0, budget_s=300.0))
    with pytest.raises(StoppedError):
        await perform(found, wanted, monkeypatch)
    await perform(found, wanted, monkeypatch, StartingPoint.after(found.facts))
    assert {(o.round, o.cell.profile) for o in found.counted} == {
        (1, "a"), (1, "b"), (2, "a"), (2, "b"),
    }  # fmt: skip
    check_planned(found.facts, wanted, ("a", "b"))


async def test_an_interruption_between_the_rates_of_two_workloads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One rate is on disk and the other is not: it is found as the run goes on."""
    found = Stage({"a": Made(restless_from=1)}, stop_after=3)
    timing = Timing(stage_s=300.0, budget_s=300.0)
    wanted = settings(("a",), workloads=("one", "two"), timing=timing)
    with pytest.raises(StoppedError):
        await perform(found, wanted, monkeypatch)
    for known in (found.rates, found.cuts):
        known.pop("two", None)
    assert set(found.rates) == {"one"}
    await perform(found, wanted, monkeypatch, StartingPoint.after(found.facts))
    assert {one.cell.workload for one in found.counted if one.round == 2} == {"one", "two"}
