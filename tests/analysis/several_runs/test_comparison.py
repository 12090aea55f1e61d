"""Two runs compared: what is, what is not, and how often it is wrong."""

from dataclasses import replace

import pytest

from bench.analysis.several_runs.comparison import ComparedFigure, RunComparison, between
from bench.errors import HarnessError, UsageError
from bench.facts.load import Cell, Load, Mode
from bench.facts.run import Facts, Purpose
from bench.facts.slice import Doubt, DoubtKind, Slice, Verdict
from bench.report.documents.comparison import no_baseline
from bench.report.left_out import omissions, place_title
from bench.stats.unpaired import Member
from tests.build.compared import GRANIAN, UVICORN, noisy, quiet, run, seeds, slower
from tests.build.slices import OPEN
from tests.build.variants import (
    at_rate,
    with_each_slice,
    with_manifest,
    with_servers,
    with_settings,
    with_versions,
)

A = run(quiet(), "a")


def against(facts: Facts) -> RunComparison:
    """The run without noise against another."""
    return between(A, run(facts, "b"))


def row(found: RunComparison, profile: str, figure: str, mode: Mode | None) -> ComparedFigure:
    """One row of a comparison."""
    (one,) = [
        each
        for each in found.rows
        if (each.profile, each.figure, each.place and each.place.mode) == (profile, figure, mode)
    ]
    return one


def left_out(found: RunComparison) -> list[str]:
    """What was not compared, as text."""
    return omissions(found.left_out)


def test_each_load_has_the_figures_that_it_leaves_free() -> None:
    """Times at a common rate, throughput at saturation, CPU at both; then the processes."""
    assert [
        (row.figure, row.place and str(row.place.mode))
        for row in against(quiet()).rows
        if row.profile == "daphne"
    ] == [
        ("p50_ms", "open"),
        ("avg_ms", "open"),
        ("cpu_us_per_request", "open"),
        ("throughput_rps", "closed"),
        ("cpu_us_per_request", "closed"),
        ("startup_ms", None),
        ("pss_idle_mib", None),
        ("pss_mib", None),
    ]


def test_a_ratio_is_b_over_a() -> None:
    """One takes three times as long as uvicorn in B, and twice as long in A."""
    found = row(against(quiet(step=3.0)), "daphne", "avg_ms", Mode.OPEN)
    assert found.a.value == pytest.approx(4.0, rel=1e-3)
    assert found.b.value == pytest.approx(6.0, rel=1e-3)
    assert found.own.comparison.ratio.value == pytest.approx(1.5, rel=1e-3)
    assert found.steadied is not None
    assert found.steadied.comparison.ratio.value == pytest.approx(1.5, rel=1e-3)
    assert found.own.shown
    assert found.steadied.shown


def test_what_the_machine_did_to_all_cancels_relative_to_the_baseline() -> None:
    """A machine half as fast doubles B / A, and not the ratio relative to uvicorn."""
    twice = run(noisy(1, slower(UVICORN, 1.0), slower(GRANIAN, 1.0)), "b")
    found = row(between(run(noisy(1)), twice), "granian", "cpu_us_per_request", Mode.CLOSED)
    assert found.steadied is not None
    assert found.own.comparison.ratio.value == pytest.approx(2.0, rel=0.03)
    assert found.steadied.comparison.ratio.value == pytest.approx(1.0, rel=0.03)


def test_swapping_the_runs_inverts_every_ratio() -> None:
    """And changes neither p nor what is shown."""
    a, b = run(noisy(1), "a"), run(noisy(2, UVICORN, slower(GRANIAN, 0.1)), "b")
    there, back = between(a, b), between(b, a)
    assert len(there.rows) == len(back.rows) == 16
    for one, other in zip(there.rows, back.rows, strict=True):
        for x, y in ((one.own, other.own), (one.steadied, other.steadied)):
            if x is not None and y is not None:
                assert x.comparison.ratio.value * y.comparison.ratio.value == pytest.approx(1.0)
                assert x.p_adjusted == pytest.approx(y.p_adjusted)
                assert x.shown == y.shown
        assert (one.a, one.b) == (other.b, other.a)


def test_a_tenth_is_shown_and_what_has_not_changed_is_not() -> None:
    """Over seeds: granian's CPU time 10 % up is found each time; of uvicorn nothing is claimed."""
    false = 0
    for one, other in zip(seeds(12)[::2], seeds(12)[1::2], strict=True):
        b = run(noisy(other, UVICORN, slower(GRANIAN, 0.1), rotations=8), "b")
        found = between(run(noisy(one, rotations=8), "a"), b)
        shifted = row(found, "granian", "cpu_us_per_request", Mode.OPEN)
        assert shifted.own.shown
        assert shifted.own.comparison.ratio.value == pytest.approx(1.1, rel=0.02)
        false += any(each.own.shown for each in found.rows if each.profile == "uvicorn")
    assert false <= 1


def test_the_same_server_on_the_same_machine_is_seldom_told_apart() -> None:
    """Any of 24 comparisons: nominally in 5 % of pairs of runs; in 1 of 8 at most here."""
    pairs = zip(seeds(16)[::2], seeds(16)[1::2], strict=True)
    claims = [
        any(m.shown for r in between(run(noisy(a)), run(noisy(b))).rows for m in members(r))
        for a, b in pairs
    ]
    assert sum(claims) <= 1


def members(one: ComparedFigure) -> list[Member]:
    """Every comparison of a row."""
    return [member for member in (one.own, one.steadied) if member is not None]


def test_runs_that_differ_are_refused_with_each_difference_named() -> None:
    """In one line, with what to do."""
    other = with_manifest(with_settings(quiet(), workers=2, connections=16), app="shop:app")
    with pytest.raises(UsageError) as refused:
        against(other)
    assert str(refused.value) == (
        "'a' and 'b' differ in conditions that figures depend on: app: app.main:app / "
        "shop:app; connections: 32 / 16; workers: 1 / 2; measure both under the same "
        "conditions, or pass --anyway"
    )


def test_they_are_compared_anyway_if_that_is_asked_for() -> None:
    """The differences come along; loads are paired although their connections differ."""
    load = Load(Mode.CLOSED, 16)
    fewer = with_each_slice(
        with_settings(quiet(), connections=16),
        lambda s: replace(s, cell=replace(s.cell, load=load)) if s.cell.load != OPEN else s,
    )
    found = between(A, run(fewer, "b"), anyway=True)
    assert [str(difference) for difference in found.differences] == ["connections: 32 / 16"]
    place = row(found, "uvicorn", "throughput_rps", Mode.CLOSED).place
    assert place is not None
    assert place_title(place) == "get_item over 32 connections / 16 connections"


def test_a_run_with_another_purpose_is_refused() -> None:
    """It was made to show something else."""
    with pytest.raises(UsageError) as refused:
        run(with_manifest(quiet(), purpose=Purpose.CAPACITY), "results/c")
    assert str(refused.value) == (
        "'results/c' was made to find the highest rate that each server can take, not to compare "
        "servers under one load: name a run of nox -s bench or nox -s regress"
    )


def test_a_regression_run_may_be_compared() -> None:
    """That it is one is told."""
    found = against(with_manifest(quiet(), purpose=Purpose.REGRESSION))
    assert [str(each) for each in found.permitted] == ["purpose: comparison / regression"]


def test_response_times_at_different_rates_are_left_out() -> None:
    """Closed loops are compared all the same, and the advice is --rate."""
    found = against(at_rate(quiet(), 2600.0))
    modes = {one.place.mode for one in found.rows if one.place}
    assert modes == {Mode.CLOSED}
    (said,) = left_out(found)
    assert said == (
        "get_item at 2,400 requests/s / 2,600 requests/s: the offered rate is part of the load, "
        "and response times at different rates cannot be compared; give both runs the same by "
        "--rate N"
    )


def test_rates_within_two_percent_are_the_same_load() -> None:
    """2,400 and 2,440 are."""
    found = against(at_rate(quiet(), 2440.0))
    place = row(found, "uvicorn", "avg_ms", Mode.OPEN).place
    assert place is not None
    assert place_title(place) == "get_item at 2,400 requests/s / 2,440 requests/s"
    assert found.left_out == ()


def test_of_several_rates_those_that_both_have_are_compared() -> None:
    """The others are named."""

    def also(rate: float) -> Facts:
        one, other = quiet(), at_rate(quiet(), rate)
        opened = [s for s in other.slices if s.cell.load.mode is Mode.OPEN]
        return replace(one, slices=(*one.slices, *opened))

    found = between(run(also(500.0)), run(also(900.0)))
    assert left_out(found) == [
        "get_item, 500 requests/s: only A has this load",
        "get_item, 900 requests/s: only B has this load",
    ]
    assert row(found, "uvicorn", "avg_ms", Mode.OPEN).own.comparison.rounds == (3, 3)


def test_servers_of_one_run_only_are_listed() -> None:
    """The others are compared."""
    found = between(run(quiet("uvicorn", "daphne")), run(quiet("uvicorn", "granian")))
    assert left_out(found) == ["daphne: only in A", "granian: only in B"]
    assert {one.profile for one in found.rows} == {"uvicorn"}


def invalid(one: Slice) -> Slice:
    """The same slice, with answers that were wrong."""
    doubt = Doubt(DoubtKind.WRONG_RESPONSES, 0.5, fatal=True)
    return replace(one, verdict=Verdict.INVALID, doubts=(doubt,), answered_in_window=1)


def test_invalid_slices_never_enter() -> None:
    """One in three of daphne's, and nothing moves."""
    odd = with_each_slice(
        quiet(), lambda s: invalid(s) if s.cell.profile == "daphne" and s.round == 1 else s
    )
    found = row(against(odd), "daphne", "throughput_rps", Mode.CLOSED)
    assert found.own.comparison.ratio.value == 1.0
    assert found.own.comparison.rounds == (2, 3)
    assert found.suspect == ("B",)


def test_a_cell_without_figures_is_left_out_with_its_reason() -> None:
    """As it is in the report of its own run; others relative to it are not told."""
    odd = with_each_slice(quiet(), lambda s: invalid(s) if s.cell.profile == "uvicorn" else s)
    found = against(odd)
    assert left_out(found)[0] == (
        "uvicorn, get_item at 2,400 requests/s: B: 3 of 3 slices invalid: 50.000% of the "
        "requests failed or got a wrong response"
    )
    assert row(found, "daphne", "avg_ms", Mode.OPEN).steadied is None


def test_a_cell_that_was_not_measured_is_left_out() -> None:
    """There is no slice of daphne in B."""
    odd = quiet()
    odd = replace(odd, slices=tuple(s for s in odd.slices if s.cell.profile != "daphne"))
    assert left_out(against(odd)) == [
        "daphne, get_item at 2,400 requests/s: B: no slice was finished",
        "daphne, get_item over 32 connections: B: no slice was finished",
    ]


def test_a_figure_that_could_not_be_read_is_left_out() -> None:
    """No CPU time in B."""
    odd = with_each_slice(quiet("uvicorn"), lambda s: replace(s, cpu_ns=None))
    found = between(run(quiet("uvicorn")), run(odd))
    assert left_out(found) == [
        "uvicorn, get_item at 2,400 requests/s, CPU per request: no slice has it",
        "uvicorn, get_item over 32 connections, CPU per request: no slice has it",
    ]


def test_one_round_gives_ratios_without_interval() -> None:
    """Nothing is tested, and nothing shown."""
    found = against(quiet(rounds=1, step=3.0))
    assert {one.own.p_adjusted for one in found.rows} == {None}
    assert not any(one.own.shown for one in found.rows)
    ratio = row(found, "daphne", "avg_ms", Mode.OPEN).own.comparison.ratio
    assert (ratio.lo, ratio.hi) == (None, None)


@pytest.mark.parametrize(
    ("expected", "other"),
    [
        (
            "the baseline, uvicorn, is not the same in both runs (uvicorn 1.0 / 2.0)",
            with_versions(quiet(), uvicorn="2.0"),
        ),
        ("the baseline is uvicorn in A and daphne in B", with_manifest(quiet(), baseline="daphne")),
        (
            "the baseline, uvicorn, is not in both runs",
            with_manifest(quiet("daphne"), baseline="uvicorn"),
        ),
        (
            "the baseline, uvicorn, is not the same in both runs",
            with_servers(quiet(), lambda one: replace(one, argv=("other",))),
        ),
    ],
)
def test_without_the_same_baseline_there_is_nothing_relative_to_it(
    expected: str, other: Facts
) -> None:
    """And it says why."""
    found = against(other)
    assert (found.baseline, no_baseline(found)) == (None, expected)
    assert all(one.steadied is None for one in found.rows)


def test_a_twin_is_not_compared() -> None:
    """It shows the noise of its own run."""
    twinned = with_servers(
        quiet(), lambda one: replace(one, twin_of="uvicorn") if one.name == "daphne" else one
    )
    found = between(run(twinned), run(twinned))
    assert {one.profile for one in found.rows} == {"uvicorn"}
    assert found.left_out == ()


def test_runs_without_slices_have_nothing_to_compare_but_their_processes() -> None:
    """It is no error."""
    empty = replace(quiet("uvicorn"), slices=())
    found = between(run(empty), run(empty))
    assert {one.place for one in found.rows} == {None}


def test_a_slice_that_no_generator_has_written_is_refused() -> None:
    """A window of no length, for one."""
    odd = with_each_slice(quiet(), lambda s: replace(s, window_ns=0))
    with pytest.raises(HarnessError, match="'b' has a slice that no figure can be made of"):
        run(odd, "b")


def test_cells_are_matched_by_workload_too() -> None:
    """Another workload's figures stay apart."""

    def mixed(one: Slice) -> Slice:
        cell = Cell(one.cell.profile, "mixed", one.cell.load)
        return replace(one, cell=cell, answered_in_window=7)

    both = quiet()
    both = replace(both, slices=(*both.slices, *map(mixed, both.slices)))
    found = between(A, run(both))
    assert left_out(found) == [
        "mixed, 2,400 requests/s: only B has this load",
        "mixed, 32 connections: only B has this load",
    ]
