"""capacity.md: fit for a pull request, and complete enough to repeat the search."""

import shlex
from collections.abc import Iterable, Iterator

from bench.capacity.model import Summary
from bench.capacity.report import tables
from bench.domain import Manifest
from bench.report.charts.chart import Chart
from bench.report.circumstances import at_commit, measured_by
from bench.report.markdown import escape, fenced, table


def markdown(summary: Summary, chart: Chart | None) -> bytes:
    """Write the report; the chart is referred to as charts/capacity.svg."""
    blocks = [
        f"# Weighbridge: capacity under {escape(tables.slo(summary))}",
        *_remarks(summary),
        f"{escape(tables.caption(summary))}.",
        table(tables.columns(summary)),
        *_bullets(f"{row.profile}: {row.reason}" for row in summary.rows if row.reason),
        *_bullets(f"{name}: {text}" for name, text in summary.failures),
        *([f"![{escape(chart.title)}]({chart.link})"] if chart else []),
        escape(tables.READING),
        *_overloads(summary),
        *_rates(summary),
        *_circumstances(summary.manifest),
    ]
    return ("\n\n".join(blocks) + "\n").encode()


def _remarks(summary: Summary) -> Iterator[str]:
    if summary.remarks:
        yield "**To be kept in mind:**"
        yield from _bullets(summary.remarks)


def _overloads(summary: Summary) -> Iterator[str]:
    lines = tables.overloads(summary)
    if lines:
        yield "## Overload"
        yield (
            f"Goodput: right answers a second within {summary.aim.slo.limit_ns / 1e6:g} ms. "
            "Recovery: from the end of the overload until the SLO held again, at half of the "
            "capacity; the second or less that the generator waits for what is in flight is in it."
        )
        yield from _bullets(lines)


def _rates(summary: Summary) -> Iterator[str]:
    rows = [row for row in summary.rows if row.points]
    if rows:
        yield f"## {tables.RATES_TITLE}"
    for row in rows:
        yield f"### {escape(row.profile)}"
        yield table(tables.rates(summary, row))


def _circumstances(manifest: Manifest) -> Iterator[str]:
    machine = manifest.machine
    yield "## How this was measured"
    yield from _bullets(
        [
            f"machine: {machine.cpu}, {machine.cores} cores",
            f"system: {machine.kernel}, Python {machine.python}",
            f"hypervisor: {machine.virtual or 'none known'}",
            f"pacing: {manifest.instrument.pacing} ({manifest.instrument.pacing_reason})",
            f"app: {manifest.app}{at_commit(manifest.app_commit)}; gate: {manifest.tests}",
            f"started: {manifest.started_at}, by {measured_by(manifest)}",
            f"seed: {manifest.seed}",
        ]
    )
    yield fenced(shlex.join(manifest.command), "sh")
    yield "Launch lines:"
    yield fenced("\n".join(f"{s.name}: {s.url or shlex.join(s.argv)}" for s in manifest.servers))
    yield "Versions:"
    yield from _bullets(
        f"{server.name}: {', '.join(f'{k} {v}' for k, v in sorted(server.packages.items()))}"
        for server in manifest.servers
        if server.packages
    )


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    lines = [f"- {escape(text)}" for text in texts]
    if lines:
        yield "\n".join(lines)
