"""SLOs as people write them, and what a slice shows of each clause."""

import pytest

from bench.analysis.capacity.slo import Average, ClauseCounts, FailureShare, Percentile, parse
from bench.errors import UsageError
from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.slice import Outcome
from tests.build.slices import slice_of

MS = 1_000_000
CELL = Cell("uvicorn", "get_item", Load(Mode.OPEN, 128, 1000.0, Arrivals.POISSON))

GOOD = [
    ("p95<50ms", (Percentile(95, 50 * MS, "p95<50ms"),)),
    ("p99.9<1s", (Percentile(99.9, 1000 * MS, "p99.9<1s"),)),
    (" p50 < 800 us ", (Percentile(50, 800_000, "p50<800us"),)),
    (
        "p95<50ms, failures<0.1%",
        (Percentile(95, 50 * MS, "p95<50ms"), FailureShare(0.001, "failures<0.1%")),
    ),
    (
        "p50<5ms,p99<50ms",
        (Percentile(50, 5 * MS, "p50<5ms"), Percentile(99, 50 * MS, "p99<50ms")),
    ),
    ("avg<2.5ms,failures<5%", (Average(2_500_000, "avg<2.5ms"), FailureShare(0.05, "failures<5%"))),
]

BAD = [
    ("", "lacks a clause"),
    ("p95<50ms,", "lacks a clause"),
    ("p95<50", "is not a clause"),
    ("p95>50ms", "is not a clause"),
    ("p95<=50ms", "is not a clause"),
    ("p95<-50ms", "is not a clause"),
    ("p95<50m", "is not a clause"),
    ("p95<nanms", "is not a clause"),
    ("fast", "is not a clause"),
    ("failures<0.1", "is not a clause"),
    ("failures<-1%", "is not a clause"),
    ("p100<50ms", "names no percentile"),
    ("p0<50ms", "names no percentile"),
    ("p101<50ms", "names no percentile"),
    ("p95<0ms", "no server can be held"),
    ("p95<61s", "no server can be held"),
    ("p95<50ms, failures<0%", "allows less than nothing"),
    ("p95<50ms, failures<100%", "allows everything"),
    ("p95<50ms, p95<40ms", "bounds p95 twice"),
    ("p95<50ms, p95.0<40ms", "bounds p95 twice"),
    ("avg<5ms, avg<6ms", "bounds avg twice"),
    ("p95<5ms, failures<1%, failures<2%", "bounds failures twice"),
    ("failures<0.1%", "has no time limit"),
]


@pytest.mark.parametrize(("text", "clauses"), GOOD)
def test_slos_are_read(text: str, clauses: tuple[object, ...]) -> None:
    """Percentiles, averages and failures, with or without spaces."""
    assert parse(text).clauses == clauses


@pytest.mark.parametrize(("text", "said"), BAD)
def test_what_is_no_slo_is_refused_in_one_line(text: str, said: str) -> None:
    """The line says which clause is meant, and what is wrong with it."""
    with pytest.raises(UsageError, match=said) as refused:
        parse(text)
    assert "\n" not in str(refused.value)


def test_an_average_alone_implies_that_few_requests_fail() -> None:
    """Else a server would do well by failing what is slow; a report says what was implied."""
    assert parse("avg<5ms").clauses[1:] == (FailureShare(0.01, "failures<1% (implied)"),)
    assert parse("avg<5ms").text == "avg<5ms"


def test_what_was_read_can_be_read_again() -> None:
    """The text of an SLO, as a manifest has it, is the same SLO."""
    read = parse(" p95 < 50ms ,failures< 0.1%")

    assert parse(read.text) == read


def test_requests_that_failed_are_slower_than_any_time() -> None:
    """Of ten requests two took longer than 50 ms and one failed: three are slow, one failed."""
    done = slice_of(
        CELL,
        1,
        1,
        [10 * MS] * 7 + [60 * MS] * 2,
        outcomes={Outcome.OK: 9, Outcome.UNSENT: 1},
    )

    assert parse("p95<50ms, failures<1%").trial(done) == (ClauseCounts(3, 10), ClauseCounts(1, 10))


def test_the_average_is_of_right_answers() -> None:
    """Their time and their number add up over slices."""
    done = slice_of(CELL, 1, 1, [10 * MS, 30 * MS], outcomes={Outcome.OK: 2, Outcome.TIMEOUT: 5})

    average, failures = parse("avg<5ms").trial(done)

    assert average.numerator == pytest.approx(40 * MS, rel=1e-3)
    assert average.denominator == 2
    assert failures == ClauseCounts(5, 7)


def test_useful_answers_are_right_and_in_time() -> None:
    """The longest time that is named counts."""
    done = slice_of(CELL, 1, 1, [1 * MS, 20 * MS, 60 * MS], outcomes={Outcome.OK: 3})

    assert parse("p50<5ms, p99<50ms").useful(done) == 2
