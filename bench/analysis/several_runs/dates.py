"""When runs were started: read, written and sorted."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bench.analysis.several_runs.measured_run import MeasuredRun


def moment(started_at: str) -> datetime | None:
    """Read when a run was started; None where that is no date. Without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(started_at)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # of the latter, years that UTC does not have
        return None


def date(started_at: str) -> str:
    """Write it to the minute, in UTC: "2026-01-02 03:04"."""
    found = moment(started_at)
    return started_at if found is None else f"{found:%Y-%m-%d %H:%M}"


def oldest_first(runs: Iterable[MeasuredRun]) -> list[MeasuredRun]:
    """Sort by start, then by name; those without a date come first."""
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(runs, key=lambda run: (moment(run.manifest.started_at) or never, run.name))
