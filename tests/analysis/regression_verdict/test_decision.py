"""A head fails for what is both shown and larger than tolerated, and for nothing else."""

from dataclasses import replace

import pytest
from scipy import stats

from bench.analysis.regression_verdict import chance_of_so_many
from bench.analysis.sides import RegressionVerdict
from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.server import Gate, GateTest
from bench.facts.slice import Outcome
from bench.report.documents.regression import reasons
from bench.stats.family import holm
from tests.build.regression import base_and_head, base_head_and_twin, decided, failing
from tests.build.runs import FakeServer, realistic


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        (1.0, RegressionVerdict.PASSED),
        (1.04, RegressionVerdict.PASSED),  # shown, and tolerated
        (1.1, RegressionVerdict.FAILED),
        (3.0, RegressionVerdict.FAILED),
        (0.5, RegressionVerdict.PASSED),  # better is no regression
    ],
)
def test_worse_by_more_than_tolerated_fails(step: float, verdict: RegressionVerdict) -> None:
    """Where there is no noise every difference is shown."""
    found = decided(base_and_head(step))
    assert found.verdict is verdict
    assert found.reasons == ()


def test_what_has_regressed_is_named() -> None:
    """Times and throughput; CPU a request is the same in both."""
    found = decided(base_and_head(1.1))
    by_figure = {(change.load.mode, change.figure): change for change in found.changes}
    assert {key for key, one in by_figure.items() if one.regressed} == {
        (Mode.OPEN, MEDIAN),
        (Mode.CLOSED, THROUGHPUT),
    }
    assert by_figure[Mode.OPEN, MEDIAN].worse == pytest.approx(0.1, abs=0.002)
    assert by_figure[Mode.CLOSED, THROUGHPUT].worse == pytest.approx(0.1, abs=0.002)
    assert by_figure[Mode.OPEN, CPU].worse == 0


def test_what_is_tolerated_can_be_chosen() -> None:
    """A fifth is."""
    assert decided(base_and_head(1.1), tolerance=0.2).verdict is RegressionVerdict.PASSED


def test_a_difference_that_noise_could_have_made_passes() -> None:
    """Head is 7 % slower in two noisy rounds of two rotations: not shown, so no failure."""
    kinds = (
        FakeServer("base", "base", 2.0, 500, 80, 500, 50),
        FakeServer("head", "head", 2.14, 480, 80, 500, 50),
    )
    found = decided(realistic(kinds, rounds=3, rotations=1))
    assert not any(change.pair.shown for change in found.changes)
    assert found.verdict is RegressionVerdict.PASSED


def test_one_rotation_decides_nothing() -> None:
    """There is nothing to tell noise from."""
    found = decided(base_and_head(3.0, rounds=1))
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert reasons(found) == ["there are too few slices to compare anything"]


def test_a_run_that_tells_base_from_itself_decides_nothing() -> None:
    """A regression that it shows may be as false."""
    found = decided(base_head_and_twin(1.2))
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert "base differs significantly from itself" in reasons(found)[0]


def test_a_run_that_tells_base_from_itself_does_not_pass() -> None:
    """What it does not show may have been hidden by the same: here head is faster."""
    found = decided(base_head_and_twin(0.8))
    assert not any(change.regressed for change in found.changes)
    assert found.verdict is RegressionVerdict.UNDECIDED
    assert "base differs significantly from itself" in reasons(found)[0]


def test_a_twin_that_is_the_same_does_not_stand_in_the_way() -> None:
    """Nothing differs at all."""
    assert decided(base_head_and_twin(1.0)).verdict is RegressionVerdict.PASSED


@pytest.mark.parametrize(
    ("profile", "failures", "verdict"),
    [
        ("head", 9, RegressionVerdict.FAILED),
        ("head", 1, RegressionVerdict.PASSED),  # one in a thousand is tolerated
        ("base", 9, RegressionVerdict.PASSED),
    ],
)
def test_answering_wrongly_where_the_base_did_not_fails(
    profile: str, failures: int, verdict: RegressionVerdict
) -> None:
    """Though nothing else has changed."""
    found = decided(failing(failing(base_and_head(1.0), "base", 0), profile, failures))
    assert found.verdict is verdict


def noisy(failures: int) -> Facts:
    """A noisy run of equal sides in which so many requests of head fail in one slice alone."""
    kinds = [FakeServer(name, name, 2.0, 500, 80, 500, 50) for name in ("base", "head")]
    facts = realistic(kinds, rounds=3, rotations=1)
    last = next(
        one
        for one in reversed(facts.slices)
        if one.cell.profile == "head" and one.cell.load.mode is Mode.CLOSED
    )
    right = last.outcomes[Outcome.OK]
    spoiled = replace(last, outcomes={Outcome.OK: right - failures, Outcome.WRONG_BODY: failures})
    kept = (spoiled if one is last else one for one in facts.slices)
    return replace(facts, slices=tuple(kept))


@pytest.mark.parametrize(("failures", "tested"), [(0, 0), (2, 0), (9, 1)])
def test_figures_and_failures_are_corrected_as_one_family(failures: int, tested: int) -> None:
    """Failures too few to show anything are not members of it, and take nothing from the others."""
    found = decided(noisy(failures))
    (counted,) = (failure for failure in found.failures if failure.load.mode is Mode.CLOSED)
    ps = [*(change.pair.comparison.p for change in found.changes), *[counted.p] * tested]
    adjusted = [*(change.pair.p_adjusted for change in found.changes), counted.p_adjusted]
    assert adjusted == [*holm(ps), None][: len(adjusted)]


def test_the_chance_of_so_many_failures_is_that_of_the_binomial() -> None:
    """Of all failures those of head, by scipy."""
    for head, of_head, base, of_base in [(5, 1000, 0, 1000), (3, 400, 2, 700), (0, 10, 3, 10)]:
        expected = stats.binomtest(
            head, head + base, of_head / (of_head + of_base), alternative="greater"
        ).pvalue
        assert chance_of_so_many(head, of_head, base, of_base) == pytest.approx(expected)
    assert chance_of_so_many(0, 10, 0, 10) == 1.0


@pytest.mark.parametrize(
    ("role", "verdict"), [("head", RegressionVerdict.FAILED), ("base", RegressionVerdict.UNDECIDED)]
)
def test_a_side_that_fails_its_gate_has_no_figures(role: str, verdict: RegressionVerdict) -> None:
    """A head that is wrong fails; a base that is wrong can say nothing of its head."""
    facts = base_and_head(1.0)
    broken = Gate(role, (GateTest("test_one", False, "no"),))
    gates = tuple(broken if gate.profile == role else gate for gate in facts.gates)
    kept = tuple(one for one in facts.slices if one.cell.profile != role)
    found = decided(replace(facts, gates=gates, slices=kept))
    assert found.verdict is verdict
    assert reasons(found)[0].startswith(f"{role} has no figures: gate failed")


def died(facts: Facts, *sides: str) -> Facts:
    """The same, but these died in the second round."""
    drains = tuple(
        replace(one, failure="process 41 died: signal 11 (SIGSEGV)")
        if one.profile in sides and one.round == 2
        else one
        for one in facts.drains
    )
    return replace(facts, drains=drains)


def test_a_head_that_died_has_failed() -> None:
    """However fast it was before that, and in other rounds; the base lived through all."""
    found = decided(died(base_and_head(1.0), "head"))
    assert found.verdict is RegressionVerdict.FAILED
    assert reasons(found) == ["head failed: round 2: process 41 died: signal 11 (SIGSEGV)"]


@pytest.mark.parametrize("sides", [["base"], ["base", "head"]])
def test_where_the_base_died_it_is_no_fault_of_the_head(sides: list[str]) -> None:
    """It may be the machine, or what both have in common."""
    assert decided(died(base_and_head(1.0), *sides)).verdict is RegressionVerdict.PASSED


def test_a_run_that_was_cut_short_is_known() -> None:
    """Its verdict rests on what there was."""
    assert decided(base_and_head(1.0)).finished
    assert not decided(replace(base_and_head(1.0), ending="interrupted")).finished
