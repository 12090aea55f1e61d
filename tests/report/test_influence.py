"""A doubt matters by what it does to the figures."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.analysis.cells import row
from bench.analysis.model import CellRow, Effect, Figures
from bench.analysis.withheld_percentiles import known
from bench.facts.load import Cell, Load
from bench.facts.slice import Doubt, DoubtKind, Slice, Verdict
from tests.build.slices import CLOSED, OPEN, slice_of

MS = 1_000_000
STARVED = DoubtKind.GENERATOR_STARVED
WRONG = Doubt(DoubtKind.WRONG_RESPONSES, 0.2, fatal=True)


def exposure(
    round_: int, ms: float, *kinds: DoubtKind, load: Load = CLOSED, each: int = 500
) -> Slice:
    """One exposure, all of whose answers took as long."""
    doubts = tuple(Doubt(kind, 0.5) for kind in kinds)
    return slice_of(
        Cell("uvicorn", "get_item", load), round_, 0, [int(ms * MS)] * each, doubts=doubts,
        verdict=Verdict.SUSPECT if kinds else Verdict.VALID,
    )  # fmt: skip


def judged(slices: Sequence[Slice]) -> CellRow:
    """The cell that these are the exposures of."""
    return row(slices[0].cell, "uvicorn 1.0", slices, Figures(), seed=7)


def effects(found: CellRow) -> dict[DoubtKind, Effect]:
    """What each kind of doubt does."""
    return {doubt.kind: doubt.effect for doubt in found.doubts}


def test_a_doubt_that_moves_nothing_is_noted() -> None:
    """Without the doubted exposure every figure stays within its interval: valid."""
    found = judged([exposure(n, 2.0 + n / 50, *([STARVED] if n == 3 else [])) for n in range(1, 6)])
    assert found.verdict is Verdict.VALID
    assert effects(found) == {STARVED: Effect.NOTED}
    assert found.moved == ()


def test_a_figure_that_leaves_its_interval_makes_the_cell_suspect() -> None:
    """Three rounds of 2 ms and five doubted ones of 2.4 ms: 2.25 ms with, 2 ms without."""
    sound = [exposure(n, 2.0) for n in range(1, 4)]
    found = judged([*sound, *(exposure(n, 2.4, STARVED) for n in range(4, 9))])
    assert found.verdict is Verdict.SUSPECT
    assert effects(found) == {STARVED: Effect.MOVED}
    moved = {one.figure: one for one in found.moved}
    average = moved["avg_ms"]
    assert average.with_.value == pytest.approx(2.25, rel=1e-3)
    assert average.without.value == pytest.approx(2.0, rel=1e-3)
    assert (average.kinds, average.exposures, average.of) == ((STARVED,), 5, 8)
    assert average.with_.lo is not None
    assert average.without.value < average.with_.lo


def test_figures_that_stay_are_not_among_those_that_moved() -> None:
    """CPU a request was 80 us in all of them, and as many were answered."""
    sound = [exposure(n, 2.0) for n in range(1, 4)]
    found = judged([*sound, *(exposure(n, 2.4, STARVED) for n in range(4, 9))])
    moved = {one.figure for one in found.moved}
    assert "avg_ms" in moved
    assert not moved & {"cpu_us_per_request", "throughput_rps"}


@pytest.mark.parametrize(
    ("rounds", "doubted"),
    [((1, 2, 3, 4, 5), 5), ((1, 2, 3, 4, 5), 4), ((1, 1, 2, 2, 2), 3), ((1, 1, 1), 1)],
    ids=["none is left", "fewer than a third", "a single round", "one round in all"],
)
def test_with_too_little_left_nothing_can_be_compared(rounds: Sequence[int], doubted: int) -> None:
    """Equal figures prove nothing where chance alone would make them so."""
    first_doubted = len(rounds) - doubted
    slices = [
        replace(exposure(r, 2.0, *([STARVED] if n >= first_doubted else [])), rotation=n)
        for n, r in enumerate(rounds)
    ]
    found = judged(slices)
    assert found.verdict is Verdict.SUSPECT
    assert effects(found) == {STARVED: Effect.NOT_COMPARABLE}
    assert found.moved == ()


def test_doubts_are_taken_together() -> None:
    """Two kinds in different exposures leave one of five without any: too few."""
    kinds = [(), (STARVED,), (STARVED,), (DoubtKind.STOLEN_CPU,), (DoubtKind.STOLEN_CPU,)]
    found = judged([exposure(n, 2.0, *each) for n, each in enumerate(kinds, 1)])
    assert effects(found) == {
        STARVED: Effect.NOT_COMPARABLE,
        DoubtKind.STOLEN_CPU: Effect.NOT_COMPARABLE,
    }


@pytest.mark.parametrize(
    "kind",
    [
        DoubtKind.ONE_CORE,
        DoubtKind.NOT_PINNED,
        DoubtKind.COARSE_TIMER,
        DoubtKind.CLIENT_DELAY_UNKNOWN,
        DoubtKind.REFERENCE_CLIENT,
        DoubtKind.NETWORK_DELAY,
    ],
)
def test_what_concerns_every_slice_stays_a_doubt(kind: DoubtKind) -> None:
    """There is no exposure without it."""
    found = judged([exposure(n, 2.0, kind) for n in range(1, 6)])
    assert (found.verdict, effects(found)) == (Verdict.SUSPECT, {kind: Effect.LASTING})


@pytest.mark.parametrize("doubted", [2, 3])
def test_a_slow_network_in_one_exposure_of_twenty_is_forgiven(doubted: int) -> None:
    """Two of forty are named, three are too many."""
    found = judged(
        [
            replace(exposure(1 + n // 8, 2.0, *([DoubtKind.NETWORK_DELAY] if n < doubted else [])),
                    rotation=n % 8)
            for n in range(40)
        ]
    )  # fmt: skip
    assert found.verdict is (Verdict.SUSPECT if doubted == 3 else Verdict.VALID)


@pytest.mark.parametrize(
    "kind", [DoubtKind.PROCESSES_CHANGED, DoubtKind.CONNECTIONS_LOST, DoubtKind.CONNECTION_WAIT]
)
def test_facts_about_the_server_are_no_doubts_about_its_figures(kind: DoubtKind) -> None:
    """They are noted, in however many exposures they were seen."""
    found = judged([exposure(n, 2.0, kind) for n in range(1, 6)])
    assert (found.verdict, effects(found)) == (Verdict.VALID, {kind: Effect.NOTED})


@pytest.mark.parametrize("kind", [DoubtKind.SEND_LAG, DoubtKind.CLIENT_DELAY])
@pytest.mark.parametrize(
    ("load", "stamped", "effect"),
    [
        (OPEN, True, Effect.NOTED),
        (OPEN, False, Effect.NOT_COMPARABLE),
        (CLOSED, True, Effect.NOT_COMPARABLE),
    ],
)
def test_the_clients_own_delay_is_not_in_a_stamped_response_time(
    kind: DoubtKind, load: Load, effect: Effect, *, stamped: bool
) -> None:
    """In open loop the kernel's stamps leave it out; without them, and in closed loop, it is in."""
    slices = [exposure(n, 2.0, kind, load=load) for n in range(1, 6)]
    if not stamped:
        slices = [replace(one, client_delay=None, raw=None) for one in slices]
    assert effects(judged(slices)) == {kind: effect}


def test_exposures_that_a_server_spoiled_leave_others_that_flatter_it() -> None:
    """One of five is in no figure; what remains is not the whole of it."""
    spoiled = replace(exposure(1, 2.0), doubts=(WRONG,), verdict=Verdict.INVALID)
    found = judged([spoiled, *(exposure(n, 2.0) for n in range(2, 6))])
    assert (found.verdict, found.slices) == (Verdict.SUSPECT, 4)
    assert effects(found) == {DoubtKind.WRONG_RESPONSES: Effect.LEFT_OUT}


def test_a_spoiled_exposure_is_not_forgiven_for_a_milder_one() -> None:
    """The same kind, in another exposure, moved nothing."""
    spoiled = replace(exposure(1, 2.0), doubts=(WRONG,), verdict=Verdict.INVALID)
    mild = exposure(2, 2.0, DoubtKind.WRONG_RESPONSES)
    found = judged([spoiled, mild, *(exposure(n, 2.0) for n in range(3, 7))])
    assert effects(found) == {DoubtKind.WRONG_RESPONSES: Effect.LEFT_OUT}


def test_what_another_server_spoiled_is_merely_left_out() -> None:
    """It says nothing of this one."""
    disturbed = replace(
        exposure(1, 2.0), doubts=(Doubt(DoubtKind.NEIGHBOUR_WORKING, 1, fatal=True),),
        verdict=Verdict.INVALID,
    )  # fmt: skip
    found = judged([disturbed, *(exposure(n, 2.0) for n in range(2, 6))])
    assert (found.verdict, found.slices) == (Verdict.VALID, 4)
    assert effects(found) == {DoubtKind.NEIGHBOUR_WORKING: Effect.NOTED}


def test_an_invalid_cell_has_nothing_that_could_move() -> None:
    """There is no figure, and so none with and without."""
    slices = [
        replace(exposure(n, 2.0), doubts=(WRONG,), verdict=Verdict.INVALID) for n in range(1, 6)
    ]
    found = judged(slices)
    assert (found.verdict, found.moved) == (Verdict.INVALID, ())


@pytest.mark.parametrize(
    ("percent", "requests", "expected"),
    [
        (50, 10, True), (50, 9, False), (90, 50, True), (90, 49, False), (95, 100, True),
        (95, 99, False), (99, 500, True), (99, 499, False), (99, 70, False),
    ],
)  # fmt: skip
def test_five_requests_lie_beyond_a_percentile(
    percent: float, requests: int, *, expected: bool
) -> None:
    """Of 70 requests, p99 would be the longest."""
    assert known(percent, requests) is expected


def test_a_percentile_of_too_few_requests_is_withheld() -> None:
    """Of 5 x 14 answers there are p50 and p90, and neither p95 nor p99; the average is there."""
    found = judged([exposure(n, 2.0, load=OPEN, each=14) for n in range(1, 6)])
    have = [name for name in ("avg_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms")
            if found.figures.get(name) is not None]  # fmt: skip
    assert have == ["avg_ms", "p50_ms", "p90_ms"]
    assert found.attribution is not None
    assert found.attribution.service is not None
    assert found.attribution.service.p99_ms is None
    assert found.attribution.service.max_ms == pytest.approx(2.0, rel=1e-3)
