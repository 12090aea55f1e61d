"""Many runs as a history: series, steps between them, and what is marked."""

from dataclasses import replace

import pytest

from bench.analysis.several_runs.history import history
from bench.analysis.several_runs.history_model import (
    FigureHistory,
    History,
    HistoryPoint,
    HistoryStep,
    NotCompared,
    Panel,
)
from bench.facts.load import Cell, Load, Mode
from bench.facts.run import Facts
from bench.stats.unpaired import Member
from tests.build.compared import GRANIAN, UVICORN, noisy, quiet, run, seeds, slower
from tests.build.runs import MACHINE
from tests.build.variants import (
    at_rate,
    later,
    with_each_slice,
    with_manifest,
    with_servers,
    with_settings,
)


def through(*facts: Facts, figure: str | None = None) -> History:
    """The history of these runs, a day apart."""
    runs = [run(later(one, day), f"results/{day}") for day, one in enumerate(facts)]
    return history(runs, figure=figure)


def panel(found: History, figure: str, mode: Mode, ground: int = 1) -> Panel:
    """One panel."""
    (one,) = [
        p for p in found.panels if (p.figure, p.mode, p.ground.number) == (figure, mode, ground)
    ]
    return one


def course(found: History, profile: str, figure: str, mode: Mode) -> FigureHistory:
    """One series."""
    (one,) = [c for c in panel(found, figure, mode).courses if c.profile == profile]
    return one


def step(point: HistoryPoint) -> HistoryStep:
    """The step to a point that has one before it."""
    assert point.step is not None
    return point.step


def member(point: HistoryPoint) -> Member:
    """The comparison of a point with the one before."""
    found = step(point).member
    assert found is not None
    return found


def test_there_is_a_panel_for_each_figure_and_load() -> None:
    """In the order of the reports: open loop first."""
    found = through(quiet(), quiet())
    assert [(p.figure, str(p.mode), p.workload, p.connections) for p in found.panels] == [
        ("p50_ms", "open", "get_item", 32),
        ("avg_ms", "open", "get_item", 32),
        ("cpu_us_per_request", "open", "get_item", 32),
        ("throughput_rps", "closed", "get_item", 32),
        ("cpu_us_per_request", "closed", "get_item", 32),
    ]
    assert [c.profile for c in found.panels[0].courses] == ["uvicorn", "daphne"]


def test_one_figure_alone_may_be_followed() -> None:
    """Then it alone is the family."""
    found = through(quiet(), quiet(), figure="throughput_rps")
    assert [p.figure for p in found.panels] == ["throughput_rps"]
    assert len(found.steps) == 2


def test_the_first_point_has_no_step_and_each_other_is_compared_with_the_one_before() -> None:
    """Three runs, the last of which is slower."""
    found = through(quiet(step=2.0), quiet(step=2.0), quiet(step=3.0))
    first, second, third = course(found, "daphne", "avg_ms", Mode.OPEN).points
    assert first.step is None
    assert member(second).comparison.ratio.value == 1.0
    assert member(third).comparison.ratio.value == pytest.approx(1.5, rel=1e-3)
    assert [step(second).changed, step(third).changed] == [False, True]
    assert third.estimate.value / second.estimate.value == pytest.approx(1.5, rel=1e-3)
    assert third.rounds == 3


def test_a_tenth_is_marked_where_it_happened_and_nothing_else_is() -> None:
    """Granian's CPU time goes up by 10 % in the third of five runs, over seeds."""
    marked, false = 0, 0
    for start in range(4):
        few = seeds(20)[5 * start : 5 * start + 5]
        servers = [GRANIAN, GRANIAN, *[slower(GRANIAN, 0.1)] * 3]
        facts = [
            noisy(seed, UVICORN, one, rotations=6) for seed, one in zip(few, servers, strict=True)
        ]
        found = through(*facts, figure="cpu_us_per_request")
        for each in found.panels:
            for one in each.courses:
                steps = [step(point).changed for point in one.points[1:]]
                if one.profile == "granian":
                    marked += steps.pop(1)
                false += any(steps)
    assert marked >= 7
    assert false <= 1


def test_a_run_without_the_server_is_passed_over() -> None:
    """The point after it is compared with the one before it."""
    found = through(quiet(), quiet("uvicorn"), quiet(step=3.0))
    points = course(found, "daphne", "avg_ms", Mode.OPEN).points
    assert [point.run.name for point in points] == ["results/0", "results/2"]
    assert member(points[1]).comparison.ratio.value == pytest.approx(1.5, rel=1e-3)
    assert [each.name for each in found.panels[0].runs] == ["results/0", "results/1", "results/2"]


def test_another_offered_rate_is_not_compared() -> None:
    """Neither there nor back; closed loops go on, and so do rates that are nearly the same."""
    found = through(quiet(), at_rate(quiet(), 2440.0), at_rate(quiet(), 3000.0), quiet())
    steps = [step(p) for p in course(found, "daphne", "avg_ms", Mode.OPEN).points[1:]]
    assert [each.why_not for each in steps] == [
        None,
        NotCompared.OTHER_RATE,
        NotCompared.OTHER_RATE,
    ]
    assert [each.member is None for each in steps] == [False, True, True]
    closed = course(found, "daphne", "throughput_rps", Mode.CLOSED).points
    assert all(step(point).member for point in closed[1:])


@pytest.mark.parametrize(
    "other",
    [
        with_manifest(quiet(step=3.0), machine=replace(MACHINE, kernel="Linux 6.2.0")),
        with_manifest(quiet(step=3.0), app="shop:app"),
        with_settings(quiet(step=3.0), workers=2),
        with_settings(quiet(step=3.0), new_connections=True),
        with_settings(quiet(step=3.0), resume_tls=True),
        with_settings(quiet(step=3.0), streams=8),
    ],
    ids=["machine", "app", "load", "connections", "sessions", "streams"],
)
def test_other_conditions_begin_a_series_of_their_own(other: Facts) -> None:
    """Which is never compared with the first, and goes on when they come back."""
    found = through(quiet(), other, quiet())
    assert [ground.number for ground in found.grounds] == [1, 2]
    assert len(found.panels) == 10
    (alone,) = panel(found, "avg_ms", Mode.OPEN, ground=2).courses[0].points
    assert alone.step is None
    back = panel(found, "avg_ms", Mode.OPEN, ground=1).courses[0].points
    assert [point.run.name for point in back] == ["results/0", "results/2"]
    assert not any(each.changed for each in found.steps)


def test_other_workloads_and_connections_have_panels_of_their_own() -> None:
    """Nothing is compared across them."""
    load = Load(Mode.CLOSED, 64)
    other = with_each_slice(
        quiet("uvicorn"), lambda s: replace(s, cell=Cell(s.cell.profile, "mixed", load))
    )
    found = through(quiet("uvicorn"), other)
    assert [(p.workload, p.connections) for p in found.panels if p.mode is Mode.CLOSED] == [
        ("get_item", 32),
        ("get_item", 32),
        ("mixed", 64),
        ("mixed", 64),
    ]
    assert found.steps == []


def test_one_round_is_a_point_without_interval_and_a_step_without_test() -> None:
    """It is never marked."""
    found = through(quiet(), quiet(rounds=1, step=9.0))
    points = course(found, "daphne", "avg_ms", Mode.OPEN).points
    assert points[1].estimate.lo is None
    assert member(points[1]).p_adjusted is None
    assert not step(points[1]).changed


def test_all_steps_are_one_family() -> None:
    """The more there are, the larger is an adjusted p."""
    facts = [noisy(seed, rotations=2) for seed in seeds(3)]
    all_figures, one_figure = through(*facts), through(*facts, figure="avg_ms")
    wide, narrow = (
        member(course(found, "granian", "avg_ms", Mode.OPEN).points[1])
        for found in (all_figures, one_figure)
    )
    assert wide.comparison == narrow.comparison
    assert len(all_figures.steps) == 5 * len(one_figure.steps)
    assert wide.p_adjusted is not None
    assert narrow.p_adjusted is not None
    assert wide.p_adjusted >= narrow.p_adjusted


def test_a_twin_has_no_series() -> None:
    """It shows the noise of its own run."""
    twinned = with_servers(
        quiet(), lambda one: replace(one, twin_of="uvicorn") if one.name == "daphne" else one
    )
    assert [c.profile for c in through(twinned).panels[0].courses] == ["uvicorn"]
