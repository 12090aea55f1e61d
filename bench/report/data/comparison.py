"""The comparison of two runs for programs: CSV and JSON.

JSON format 1: a, b, differences, told, notes, baseline, rows (as the lines of the CSV), left_out.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from bench.analysis.several_runs.comparison import ComparedFigure, RunComparison
from bench.analysis.several_runs.measured_run import MeasuredRun
from bench.analysis.several_runs.pairing import PairedLoad
from bench.report.data.csv_file import as_csv
from bench.report.data.json_file import as_json, enveloped
from bench.report.data.values import bounded, compared
from bench.report.documents.comparison import no_baseline
from bench.report.left_out import left_out
from bench.report.several_runs import run_notes
from bench.stats.estimate import CONFIDENCE

KIND: Final = "between"
FORMAT_VERSION: Final = 1
_PLACE: Final = (
    *("workload", "mode", "offered_rate_a", "offered_rate_b", "connections_a", "connections_b"),
)


def csv(found: RunComparison) -> bytes:
    """Write a line a figure of a server; there is a header without any."""
    lines = [_line(row, found.baseline) for row in found.rows]
    return as_csv(lines, columns())


def json(found: RunComparison) -> bytes:
    """Write everything that is said."""
    content = {
        "confidence": CONFIDENCE,
        "a": _run(found.a),
        "b": _run(found.b),
        "differences": [asdict(difference) for difference in found.differences],
        "told": [asdict(each) for each in found.permitted],
        "baseline": found.baseline,
        "no_baseline": no_baseline(found) or None,
        "rows": [_line(row, found.baseline) for row in found.rows],
        "left_out": [left_out(each) for each in found.left_out],
    }
    return as_json(enveloped(KIND, FORMAT_VERSION, content))


def columns() -> Sequence[str]:
    """Names of the columns of the CSV, in order."""
    return [
        *("profile", *_PLACE, "figure"),
        *bounded("a", None),
        *bounded("b", None),
        *("rounds_a", "rounds_b"),
        *compared("ratio", None),
        "relative_to",
        *compared("relative_ratio", None),
        "suspect",
    ]


def _line(row: ComparedFigure, baseline: str | None) -> dict[str, object]:
    in_b, in_a = row.own.comparison.rounds
    return {
        "profile": row.profile,
        **_place(row.place),
        "figure": row.figure,
        **bounded("a", row.a),
        **bounded("b", row.b),
        "rounds_a": in_a,
        "rounds_b": in_b,
        **compared("ratio", row.own),
        "relative_to": baseline if row.steadied else None,
        **compared("relative_ratio", row.steadied),
        "suspect": " ".join(row.suspect) or None,
    }


def _place(place: PairedLoad | None) -> dict[str, object]:
    if place is None:
        return dict.fromkeys(_PLACE)
    values = (
        *(place.workload, str(place.mode), place.a.offered_rate, place.b.offered_rate),
        *(place.a.connections, place.b.connections),
    )
    return dict(zip(_PLACE, values, strict=True))


def _run(run: MeasuredRun) -> dict[str, object]:
    manifest = run.manifest
    return {
        "run": run.name,
        "started_at": manifest.started_at,
        "app_commit": manifest.app_commit,
        "commit": manifest.commit,
        "weighbridge": manifest.weighbridge,
        "notes": run_notes(run),
    }
