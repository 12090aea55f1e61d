"""A run as tables for pandas, from its folder alone: `load(DIR).cells` and `load(DIR).slices`.

Units are in the names of the columns. What is absent is missing (NaN or NA), never 0.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from bench import figures
from bench.analysis.slice_figures import cpu, throughput, timings
from bench.analysis.summary import summarize
from bench.analysis.withheld_percentiles import PERCENTS, known
from bench.errors import HarnessError, UsageError
from bench.facts import journal
from bench.facts.run import Facts, Purpose
from bench.facts.slice import Outcome, Slice
from bench.facts.streams import EventFault
from bench.report.data.run_csv import columns, lines
from bench.stats.histogram import Histogram
from bench.system.program import call

_TEXT: Final = "string"
_COUNT: Final = "Int64"  # as int64, with room for what is missing
_FIGURE: Final = "float64"

_OF_CELLS: Final = {
    **dict.fromkeys(
        ("profile", "workload", "mode", "verdict", "doubts", "title", "rank", "cpu_rank", "group",
         "reason", "protocol"),
        _TEXT,
    ),
    **dict.fromkeys(
        ("connections", "slices", "requests", "failures", "slices_counted", "client_delay_answers",
         "preemptions", "collections", "stalls", "processes_changed", "streams", "stream_events",
         "new_connections", "left_streams", "left_noticed",
         *(f"events_{kind}" for kind in EventFault),
         *(each.value for each in Outcome)),
        _COUNT,
    ),
}  # fmt: skip
"""Columns of summary.csv that hold no figures."""

_OF_SLICES: Final = {
    "profile": _TEXT,
    "workload": _TEXT,
    "mode": _TEXT,
    "offered_rate_rps": _FIGURE,
    "connections": "int64",
    "round": "int64",
    "rotation": "int64",
    "position": "int64",
    "role": _TEXT,
    "warm_up": "bool",
    "ended_s": _FIGURE,
    "window_s": _FIGURE,
    "requests": "int64",
    "failures": "int64",
    **{each.name: _FIGURE for each in figures.OF_LOAD},
    "stalled_share": _FIGURE,
    "longest_stall_ms": _FIGURE,
    "stalls": "int64",
    "in_flight_mean": _FIGURE,
    "thinking_mean": _FIGURE,
    "stolen_share": _FIGURE,
    "verdict": _TEXT,
    "doubts": _TEXT,
}


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What a run has measured.

    cells: a row a profile, workload and load, with the columns and the figures of summary.csv.
    slices: a row a slice in the order of the journal, those of warm-up, the invalid ones, and those
    of the baseline's twin among them. Figures of cells are of the role "exposure", ratios of the
    role "comparison". Times are of right answers: response times in open loop, service times in
    closed loop. A percentile is missing where too few requests lie beyond it
    (`bench.analysis.withheld_percentiles`). `ended_s` is of the experiment's time; shares are 0-1;
    `doubts` are names of `bench.facts.slice.DoubtKind`, joined by "; ".
    """

    cells: pd.DataFrame
    slices: pd.DataFrame


def load(folder: str | Path) -> Results:
    """Read a run.

    Raises UsageError when the folder holds no run, one of another format, or a search for
    capacity; HarnessError when its journal is damaged anywhere but in its last line, which may have
    been cut off.
    """
    facts = journal.read(Path(folder))
    if facts.manifest.purpose is Purpose.CAPACITY:
        raise UsageError(
            f"'{folder}' is a search for capacity: its figures are in its capacity.csv; "
            f"name a run of {call('run')} or {call('regress')}"
        )
    try:
        return Results(_cells(facts), _slices(facts))
    except (ArithmeticError, ValueError) as error:
        raise HarnessError(
            f"'{folder}' has a slice that no figure can be made of ({error}): restore its "
            "journal, or start a new run"
        ) from error


def _cells(facts: Facts) -> pd.DataFrame:
    """Give each column its kind; a figure unless told otherwise."""
    found = pd.DataFrame(lines(summarize(facts)), columns=columns(), dtype=object)
    return found.astype({name: _OF_CELLS.get(name, _FIGURE) for name in found.columns})


def _slices(facts: Facts) -> pd.DataFrame:
    rows = [_row(one) for one in facts.slices]
    return pd.DataFrame(rows, columns=list(_OF_SLICES)).astype(_OF_SLICES)


def _row(one: Slice) -> dict[str, object]:
    load_, times = one.cell.load, timings(one)
    return {
        "profile": one.cell.profile,
        "workload": one.cell.workload,
        "mode": load_.mode.value,
        "offered_rate_rps": load_.offered_rate,
        "connections": load_.connections,
        "round": one.round,
        "rotation": one.rotation,
        "position": one.position,
        "role": one.role.value,
        "warm_up": one.warm_up,
        "ended_s": one.ended_s,
        "window_s": one.window_ns / 1e9,
        "requests": one.requests,
        "failures": one.failures,
        "throughput_rps": throughput(one),
        "avg_ms": _ms(times.mean_ns()),
        **{f"p{percent:g}_ms": _point_ms(times, percent) for percent in PERCENTS},
        "cpu_us_per_request": cpu(one),
        "stalled_share": one.stalls.total_ns / one.window_ns,
        "longest_stall_ms": _ms(one.stalls.longest_ns if one.stalls.count else None),
        "stalls": one.stalls.count,
        "in_flight_mean": one.in_flight_mean,
        "thinking_mean": one.thinking_mean,
        "stolen_share": one.stolen_share,
        "verdict": one.verdict.value,
        "doubts": "; ".join(dict.fromkeys(doubt.kind.value for doubt in one.doubts)),
    }


def _point_ms(times: Histogram, percent: float) -> float | None:
    """One percentile, unless too few requests stand behind it."""
    return _ms(times.percentile_ns(percent)) if known(percent, times.total) else None


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / 1e6
