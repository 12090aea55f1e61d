"""Doubts and verdicts: each provoked by its own cause, and by nothing less."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.analysis.growing_queue import growing_queue
from bench.doubts import EXPLANATIONS
from bench.facts.load import Arrivals, Load, Mode
from bench.facts.run import Instrument, Pacing
from bench.facts.slice import Doubt, DoubtKind, Outcome, Pieces, Verdict
from bench.run.rounds.judging import Surroundings, doubts, verdict
from bench.stats.histogram import Histogram
from tests.build.slices import observation

OPEN = Load(Mode.OPEN, 32, 2000.0, Arrivals.POISSON)
CLOSED = Load(Mode.CLOSED, 32)
ABLE = Instrument(Pacing.TIMER, "", kernel_timestamps=True, cores=1)
QUIET = Surroundings(0, 0.0, usable_cores=2, instrument=ABLE, ceiling_rps=10_000.0)


def delays(stamped: int) -> Histogram:
    """The client's delay in reading so many answers, which were stamped."""
    return Histogram.of(np.full(stamped, 50_000))


GOOD = observation(
    window_ns=400_000_000,
    outcomes={Outcome.OK: 800},
    answered_in_window=800,
    in_flight_mean=32.0,
    waiting_at_start=1,
    waiting_at_end=1,
    settling_ns=0,
    cpu_ns=1,
    cpu_requests=800,
    client_delay=delays(800),
    network_ns=20_000,
    generator_cpu_ns=1,
    generator_cpu_share=0.5,
    preemptions=3,
)


def lag(share_late: float, late_ms: float) -> Histogram:
    """Send lag of 1000 requests, of which some share was late."""
    late = round(1000 * share_late)
    return Histogram.of(np.array([50_000] * (1000 - late) + [int(late_ms * 1e6)] * late))


def test_a_good_slice_is_valid() -> None:
    """No doubt in either mode."""
    assert doubts(OPEN, replace(GOOD, send_lag=lag(0, 0)), QUIET) == ()
    assert doubts(CLOSED, GOOD, QUIET) == ()


BOTH, ONLY_OPEN, ONLY_CLOSED = (OPEN, CLOSED), (OPEN,), (CLOSED,)
PROVOKED: list[tuple[dict[str, Any], tuple[Load, ...], DoubtKind, bool]] = [
    ({"outcomes": {Outcome.OK: 799, Outcome.WRONG_BODY: 1}}, BOTH,
     DoubtKind.WRONG_RESPONSES, False),
    ({"outcomes": {Outcome.OK: 792, Outcome.RESET: 4, Outcome.TIMEOUT: 4}}, BOTH,
     DoubtKind.WRONG_RESPONSES, False),
    ({"outcomes": {Outcome.OK: 791, Outcome.RESET: 5, Outcome.TIMEOUT: 4}}, BOTH,
     DoubtKind.WRONG_RESPONSES, True),
    ({"outcomes": {Outcome.OK: 0, Outcome.WRONG_STATUS: 800}}, BOTH,
     DoubtKind.WRONG_RESPONSES, True),
    ({"outcomes": {}, "answered_in_window": 0}, ONLY_CLOSED, DoubtKind.WRONG_RESPONSES, True),
    ({"outcomes": {Outcome.OK: 792, Outcome.UNSENT: 8}}, ONLY_OPEN, DoubtKind.UNSENT, False),
    ({"outcomes": {Outcome.OK: 791, Outcome.UNSENT: 9}}, ONLY_OPEN,
     DoubtKind.OFFERED_RATE_NOT_REACHED, True),
    ({"connections_lost": 1}, BOTH, DoubtKind.CONNECTIONS_LOST, False),
    ({"in_flight_mean": 28.7}, ONLY_CLOSED, DoubtKind.LITTLES_LAW, False),
    ({"in_flight_mean": 10.0, "thinking_mean": 18.7}, ONLY_CLOSED, DoubtKind.LITTLES_LAW, False),
    ({"generator_cpu_share": 0.91}, ONLY_CLOSED, DoubtKind.GENERATOR_SATURATED, False),
    ({"generator_cpu_share": 0.81, "made": 1}, ONLY_CLOSED, DoubtKind.GENERATOR_MAKES, False),
    ({"waiting_at_end": 114}, ONLY_OPEN, DoubtKind.OVERLOADED, True),
    ({"waiting_at_end": 801}, ONLY_OPEN, DoubtKind.OVERLOADED, True),
    ({"processes_changed": 2}, BOTH, DoubtKind.PROCESSES_CHANGED, False),
    ({"settling_ns": 10_000_000_000, "settled": False}, BOTH, DoubtKind.STILL_WORKING, False),
    ({"settling_ns": GOOD.window_ns // 4 + 1}, ONLY_CLOSED, DoubtKind.WORK_PILES_UP, False),
    ({"send_lag": lag(0.011, 1.01)}, ONLY_OPEN, DoubtKind.SEND_LAG, False),
    ({"connection_wait": lag(0.011, 1.01)}, ONLY_OPEN, DoubtKind.CONNECTION_WAIT, False),
    ({"client_delay": lag(0.011, 1.01)}, BOTH, DoubtKind.CLIENT_DELAY, False),
    ({"client_delay": None}, BOTH, DoubtKind.CLIENT_DELAY_UNKNOWN, False),
    ({"client_delay": Histogram.empty()}, BOTH, DoubtKind.CLIENT_DELAY_UNKNOWN, False),
    ({"client_delay": delays(759)}, ONLY_OPEN, DoubtKind.CLIENT_DELAY_UNKNOWN, False),
    ({"starved_share": 0.021}, BOTH, DoubtKind.GENERATOR_STARVED, False),
    ({"unloaded_ns": 4_000_001}, ONLY_CLOSED, DoubtKind.ENDED_EARLY, True),
    ({"late_ns": 50_000_001}, BOTH, DoubtKind.BEGUN_LATE, True),
    ({"answered_in_window": 3201}, BOTH, DoubtKind.GENERATOR_CEILING, False),
    ({"network_ns": 1_000_001}, BOTH, DoubtKind.NETWORK_DELAY, False),
    ({"collections": 1}, BOTH, DoubtKind.COLLECTOR_RAN, False),
]  # fmt: skip


@pytest.mark.parametrize(("change", "loads", "kind", "fatal"), PROVOKED)
def test_a_doubt_is_raised_by_its_cause_alone(
    change: dict[str, Any], loads: tuple[Load, ...], kind: DoubtKind, *, fatal: bool
) -> None:
    """In the modes it can occur in, with its gravity, and with no other doubt beside it."""
    for load in loads:
        found = doubts(load, replace(GOOD, **change), QUIET)
        assert [(doubt.kind, doubt.fatal) for doubt in found] == [(kind, fatal)]


@pytest.mark.parametrize(
    "change",
    [
        {"in_flight_mean": 28.9},
        {"generator_cpu_share": 0.9},
        {"waiting_at_end": 113},
        {"answered_in_window": 0},
        {"settling_ns": GOOD.window_ns // 4},
        {"settling_ns": None},
        {"send_lag": lag(0.009, 50.0)},
        {"send_lag": lag(0.5, 0.99)},
        {"connection_wait": lag(0.009, 50.0)},
        {"client_delay": lag(0.009, 50.0)},
        {"client_delay": delays(760)},
        {"starved_share": 0.02},
        {"starved_share": None},
        {"late_ns": 50_000_000},
        {"unloaded_ns": 4_000_000},
        {"answered_in_window": 3200},
        {"network_ns": 1_000_000},
        {"network_ns": None},
    ],
)
def test_what_is_within_its_threshold_raises_no_doubt(change: dict[str, Any]) -> None:
    """In either mode."""
    report = replace(GOOD, **change)
    assert [*doubts(OPEN, report, QUIET), *doubts(CLOSED, report, QUIET)] == []


@pytest.mark.parametrize(
    ("change", "kind", "fatal"),
    [
        ({"restless": 1}, DoubtKind.NEIGHBOUR_WORKING, True),
        ({"stolen_share": 0.051}, DoubtKind.STOLEN_CPU, False),
        ({"usable_cores": 1, "instrument": replace(ABLE, cores=0)}, DoubtKind.ONE_CORE, False),
        ({"instrument": replace(ABLE, cores=0)}, DoubtKind.NOT_PINNED, False),
        (
            {"instrument": replace(ABLE, kernel_timestamps=False)},
            DoubtKind.CLIENT_DELAY_UNKNOWN,
            False,
        ),
        ({"reference_client": True}, DoubtKind.REFERENCE_CLIENT, False),
    ],
)
def test_the_surroundings_raise_doubts(
    change: dict[str, Any], kind: DoubtKind, *, fatal: bool
) -> None:
    """In either mode alike."""
    for load in (OPEN, CLOSED):
        found = doubts(load, GOOD, replace(QUIET, **change))
        assert [(d.kind, d.fatal) for d in found] == [(kind, fatal)]


def test_a_coarse_timer_is_doubted_where_it_decides_when_to_send() -> None:
    """A closed loop sends when an answer has come."""
    around = replace(QUIET, instrument=replace(ABLE, pacing=Pacing.POLL))
    assert [doubt.kind for doubt in doubts(OPEN, GOOD, around)] == [DoubtKind.COARSE_TIMER]
    assert doubts(CLOSED, GOOD, around) == ()


def test_of_a_closed_loop_a_sample_is_stamped() -> None:
    """One answer is enough, and none where none was right."""
    assert doubts(CLOSED, replace(GOOD, client_delay=delays(1)), QUIET) == ()
    nothing = replace(GOOD, outcomes={}, answered_in_window=0, client_delay=delays(0))
    assert DoubtKind.CLIENT_DELAY_UNKNOWN not in {d.kind for d in doubts(CLOSED, nothing, QUIET)}


def test_the_reference_client_is_doubted_once() -> None:
    """It sees no stamps, but its own delay is what that doubt is about."""
    around = replace(QUIET, reference_client=True)
    found = doubts(OPEN, replace(GOOD, client_delay=delays(0)), around)
    assert [doubt.kind for doubt in found] == [DoubtKind.REFERENCE_CLIENT]


def test_an_unknown_ceiling_raises_no_doubt() -> None:
    """Where the self-test was skipped."""
    seen = replace(GOOD, answered_in_window=800_000)
    assert doubts(CLOSED, seen, replace(QUIET, ceiling_rps=None)) == ()


@pytest.mark.parametrize("stolen", [None, 0.05])
def test_little_or_unknown_stealing_raises_no_doubt(stolen: float | None) -> None:
    """Absent is not 0, and not a doubt either."""
    assert doubts(CLOSED, GOOD, replace(QUIET, stolen_share=stolen)) == ()


@pytest.mark.parametrize(
    ("due", "begun", "ended", "overloaded"),
    [
        (0, 0, 0, False),
        (1, 0, 1, False),
        (3, 0, 3, False),
        (20, 0, 13, False),
        (20, 0, 14, True),
        (40, 0, 16, False),
        (40, 0, 17, True),
        (800, 400, 480, False),
        (800, 400, 570, False),
        (800, 400, 580, True),
        (800, 800, 400, False),
    ],
)
def test_few_requests_are_not_overload_by_chance(
    due: int, begun: int, ended: int, *, overloaded: bool
) -> None:
    """At low rates a request or two is always in flight at the end; none due is no fault."""
    outcomes = {Outcome.OK: due} if due else {}
    report = replace(GOOD, outcomes=outcomes, waiting_at_start=begun, waiting_at_end=ended)
    found = {doubt.kind: doubt.value for doubt in doubts(OPEN, report, QUIET)}
    assert found == ({DoubtKind.OVERLOADED: (ended - begun) / due} if overloaded else {})


def test_many_requests_in_flight_are_no_queue_that_grows() -> None:
    """An endpoint that waits for a second has a second's requests in flight, all the time."""
    report = replace(GOOD, answered_in_window=0, waiting_at_start=2000, waiting_at_end=2050)
    assert doubts(OPEN, report, QUIET) == ()


def test_pieces_say_nothing_of_a_growing_queue() -> None:
    """Each begins with nothing in flight and ends with something."""
    pieces = Pieces(33_333_333, (11,) * 6, (1e6,) * 6, (1e6,) * 6, (0,) * 6, (11,) * 6)
    report = replace(GOOD, waiting_at_start=0, waiting_at_end=800)
    assert DoubtKind.OVERLOADED in {each.kind for each in doubts(OPEN, report, QUIET)}
    assert doubts(OPEN, replace(report, pieces=pieces), QUIET) == ()


def test_what_chance_may_explain_in_one_slice_it_does_not_in_many() -> None:
    """Of twenty due, ten more wait at the end: once is chance, ten times are not."""
    report = replace(GOOD, outcomes={Outcome.OK: 20}, waiting_at_start=0, waiting_at_end=10)
    assert growing_queue([report]) is None
    assert growing_queue([report] * 10) == pytest.approx(0.5)
    assert growing_queue([]) is None


def test_fatal_doubts_come_first() -> None:
    """The reader sees what makes a slice invalid before what makes it suspect."""
    report = replace(GOOD, connections_lost=1, collections=1, waiting_at_end=801)
    found = doubts(OPEN, report, QUIET)
    assert [doubt.fatal for doubt in found] == [True, False, False]


def test_a_verdict_is_that_of_the_gravest_doubt() -> None:
    """None: valid; any: suspect; a fatal one: invalid."""
    mild, fatal = Doubt(DoubtKind.ONE_CORE, 1.0), Doubt(DoubtKind.OVERLOADED, 0.5, fatal=True)
    assert verdict(()) is Verdict.VALID
    assert verdict((mild,)) is Verdict.SUSPECT
    assert verdict((fatal, mild)) is Verdict.INVALID


def test_every_doubt_has_its_words() -> None:
    """What it means and what to do; and the value has its place in them."""
    assert set(EXPLANATIONS) == set(DoubtKind)
    for explanation in EXPLANATIONS.values():
        assert explanation.says.format(value=0.5)
        assert explanation.advice
