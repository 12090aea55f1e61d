"""Faults that were seen in other tools' reports, and that this one must not have.

Those of generators (requests in flight dropped at the end, an upload that is never read, a client
that is the limit, a correction that halves a constant) are tested where the generator is.
"""

import csv
import io
from collections.abc import Sequence

import numpy as np
import pytest

from bench.analysis.summary import summarize
from bench.facts.load import Cell
from bench.facts.run import Facts
from bench.facts.slice import Doubt, DoubtKind, Outcome, Verdict
from bench.report.data.run_csv import csv as to_csv
from bench.report.files import files
from bench.report.formats import Format
from bench.stats.compare import compare
from bench.stats.histogram import Histogram
from tests.build.runs import small
from tests.build.slices import CLOSED, OPEN, slice_of
from tests.build.variants import with_slices

MS = 1_000_000


def rows(facts: Facts) -> list[dict[str, str]]:
    """summary.csv as programs read it."""
    text = to_csv(summarize(facts)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def with_uvicorn(times_by_slice: Sequence[Sequence[int]]) -> list[dict[str, str]]:
    """The table of a run in which the slices of uvicorn took these times, ns, in open loop."""
    cell = Cell("uvicorn", "get_item", OPEN)
    made = [
        slice_of(cell, 1 + n % 3, n // 3, times, answered_in_window=len(times))
        for n, times in enumerate(times_by_slice)
    ]
    return rows(with_slices(small("uvicorn"), made))


def test_the_figure_is_not_that_of_the_best_run() -> None:
    """Three slices, one of them fast: the average is of all (others report the best of n)."""
    (found,) = with_uvicorn([[MS] * 10, [9 * MS] * 10, [9 * MS] * 10])
    assert float(found["avg_ms"]) == pytest.approx(19 / 3, rel=1e-3)


def test_a_tail_is_not_smoothed_away() -> None:
    """96 values of 7 ms and 6 of 1,502: p95 is 1,502 (a t-digest gave 1,072)."""
    (found,) = with_uvicorn([[7 * MS] * 96 + [1502 * MS] * 6])
    assert float(found["p95_ms"]) == pytest.approx(1502, rel=1e-3)
    assert float(found["p90_ms"]) == pytest.approx(7, rel=1e-3)


def test_percentiles_are_not_averaged() -> None:
    """Ninety-nine fast slices and a slow one: the median of all is fast, and no mean of medians."""
    slow_ns, fast_ns = 100 * MS, MS
    (found,) = with_uvicorn([[fast_ns] * 10] * 8 + [[slow_ns] * 10])
    assert float(found["p50_ms"]) == pytest.approx(1, rel=1e-3)


def test_each_percentile_stands_in_its_own_column() -> None:
    """p95 is not p99 by another name."""
    times = (np.arange(1, 1001) * MS // 10).tolist()
    (found,) = with_uvicorn([times])
    names = ("p50_ms", "p90_ms", "p95_ms", "p99_ms")
    assert [float(found[name]) for name in names] == pytest.approx([50, 90, 95, 99], rel=1e-3)


def test_a_failure_is_no_zero() -> None:
    """A server without a right answer has no latency and no throughput; its failures are told."""
    cell = Cell("uvicorn", "get_item", CLOSED)
    broken = slice_of(
        cell, 1, 1, [], outcomes={Outcome.RESET: 7}, verdict=Verdict.INVALID,
        doubts=(Doubt(DoubtKind.WRONG_RESPONSES, 1.0, fatal=True),),
    )  # fmt: skip
    (found,) = rows(with_slices(small("uvicorn"), [broken]))
    assert [found[name] for name in ("avg_ms", "p95_ms", "throughput_rps")] == ["", "", ""]
    assert (found["failures"], found["reset"]) == ("7", "7")


def test_no_difference_shown_is_not_called_equality() -> None:
    """P above 0.05 is no proof of sameness, and no report says so."""
    same = small("uvicorn", "daphne", step=1.0)
    report = files(summarize(same), [Format.MD])["report.md"].decode()
    assert "no difference shown" in report
    assert "does not prove equality" in report


@pytest.mark.parametrize("one", [{}, {(1, 1): 0.0}, {(1, 1): 2.0}, {(1, 1): float("inf")}])
def test_what_cannot_be_tested_is_not_significant(one: dict[tuple[int, int], float]) -> None:
    """Too few, or no figures at all (elsewhere an exception counted as a difference)."""
    found = compare(one, dict.fromkeys(one, 1.0))
    assert found is None or found.p is None


def test_a_histogram_drops_nothing() -> None:
    """What is out of range is counted at its end (HdrHistogram's own recording drops it)."""
    counted = Histogram.of(np.array([-5, 0, 10**18]))
    assert counted.total == 3
