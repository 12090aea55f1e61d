"""capacity.csv and capacity.json: what the report says, for programs; absent is empty, or null.

Format 1 of capacity.json: run, slo (with what it implies), lengths, remarks, servers (capacity,
points, overload), failures; where they were counted, instructions, as in summary.json.
"""

from dataclasses import asdict
from typing import Final

from bench.analysis.capacity.model import CapacityRow, CapacitySummary, Overload, RatePoint
from bench.facts.slice import Outcome
from bench.formatting import rounded
from bench.report.capacity_notes import failures, notes, reason
from bench.report.data.counted import counted
from bench.report.data.csv_file import as_csv
from bench.report.data.json_file import as_json, enveloped
from bench.report.data.values import bounded

KIND: Final = "capacity"
FORMAT_VERSION: Final = 1
COLUMNS: Final = (
    "profile",
    "workload",
    "slo",
    "connections",
    "capacity_rps",
    "capacity_rps_lo",
    "capacity_rps_hi",
    "ending",
    "verified",
    "gave_out",
    "slices",
    "left_out",
    "overload_rate",
    "overload_goodput_rps",
    "overload_failed_share",
    "recovery_s",
    *(f"overload_{outcome}" for outcome in Outcome),
    "title",
    "reason",
)


def csv(summary: CapacitySummary) -> bytes:
    """Write a line a server."""
    return as_csv([_line(summary, row) for row in summary.rows], COLUMNS)


def to_json(summary: CapacitySummary) -> bytes:
    """Write the document."""
    return as_json(document(summary))


def document(summary: CapacitySummary) -> dict[str, object]:
    """Shape the document: plain values only."""
    manifest, aim = summary.manifest, summary.aim
    content = {
        "run": {
            "weighbridge": manifest.weighbridge,
            "started_at": manifest.started_at,
            "seed": manifest.seed,
            "command": list(manifest.command),
            "app": manifest.app,
            "tests": manifest.tests,
            "app_commit": manifest.app_commit,
            "commit": manifest.commit,
            "workload": summary.workload,
            "connections": manifest.settings.connections,
        },
        "machine": asdict(manifest.machine),
        "slo": [clause.text for clause in aim.slo.clauses],
        "lengths": {
            "lead_in_s": rounded(aim.lead_in_s),
            "window_s": aim.window_s,
            "resolution": aim.resolution,
            "blind": rounded(aim.blind),
            "budget_s": aim.budget_s,
            "overload_s": aim.overload_s,
        },
        "remarks": notes(summary),
        "servers": [_server(row) for row in summary.rows],
        "failures": [{"profile": name, "text": text} for name, text in failures(summary)],
        **counted(summary.counted),
    }
    return enveloped(KIND, FORMAT_VERSION, content)


def _line(summary: CapacitySummary, row: CapacityRow) -> dict[str, object]:
    line = {
        "profile": row.profile,
        "workload": summary.workload,
        "slo": summary.aim.slo.text,
        "connections": summary.manifest.settings.connections,
        **bounded("capacity_rps", row.capacity),
        "ending": str(row.ending),
        "verified": str(row.standing),
        "gave_out": "; ".join(row.gave_out) or None,
        "slices": row.slices,
        "left_out": row.left_out,
        "title": row.title,
        "reason": reason(row) or None,
    }
    if row.overload is not None:
        line |= {
            "overload_rate": rounded(row.overload.rate),
            "overload_goodput_rps": rounded(row.overload.goodput_rps),
            "overload_failed_share": rounded(row.overload.failed_share),
            "recovery_s": rounded(row.overload.recovery_s),
            **{f"overload_{kind}": row.overload.outcomes.get(kind, 0) for kind in Outcome},
        }
    return line


def _server(row: CapacityRow) -> dict[str, object]:
    return {
        "profile": row.profile,
        "title": row.title,
        **bounded("capacity_rps", row.capacity),
        "ending": str(row.ending),
        "verified": str(row.standing),
        "gave_out": list(row.gave_out),
        "slices": row.slices,
        "left_out": row.left_out,
        "spoiled": {str(kind): count for kind, count in row.spoiled.items()},
        "reason": reason(row) or None,
        "points": [_point(point) for point in row.points],
        "overload": row.overload and _overload(row.overload),
    }


def _point(point: RatePoint) -> dict[str, object]:
    return {
        "rate": rounded(point.rate),
        "phase": point.phase.name.lower(),
        "decision": str(point.decision),
        "slices": point.slices,
        "requests": point.requests,
        "failures": point.failures,
        "figures": {name: rounded(value) for name, value in point.figures.items()},
    }


def _overload(found: Overload) -> dict[str, object]:
    return {
        "rate": rounded(found.rate),
        "goodput_rps": rounded(found.goodput_rps),
        "failed_share": rounded(found.failed_share),
        "outcomes": {str(kind): count for kind, count in found.outcomes.items()},
        "recovery_s": rounded(found.recovery_s),
        "spoiled": [str(kind) for kind in found.spoiled],
    }
