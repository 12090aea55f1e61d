"""What a search for capacity says: complete enough to repeat it."""

import shlex
from collections.abc import Iterator
from typing import Final

from bench.analysis.capacity.decision import ERROR
from bench.analysis.capacity.model import CapacityRow, CapacitySummary
from bench.facts.run import Manifest
from bench.formatting import worded
from bench.report.capacity_notes import failures, notes, reason
from bench.report.circumstances import at_commit, launch_lines, measured_by
from bench.report.document import (
    Block,
    CodeBlock,
    Document,
    DocumentSection,
    FilesOnly,
    Picture,
    Table,
    Texts,
    Tone,
    paragraphs,
)
from bench.report.documents import capacity_tables as tables
from bench.report.documents.counted import counted_sections

_ELSEWHERE: Final = "see capacity.md"
_TITLE: Final = "Capacity"
_READING: Final = (
    "Capacity is the highest offered rate at which the SLO is still met, on this machine with "
    "its noise. The interval in brackets runs from the highest rate that passed, less the "
    "overload that a slice is too short to show, to the lowest rate that failed; exactly at "
    f"the limit, either decision is wrong with {ERROR / 2:.1%}, over all looks together. The "
    "figure before it is where a regression through nearby rates crosses the limit. Requests "
    "that failed or could not be sent count as slower than any time. Verified: a fresh "
    "process did not fail at the lower end, nor pass at the upper end."
)


def document(summary: CapacitySummary, picture: Picture | None = None) -> Document:
    """Shape the report: what limits it stands before any figure."""
    manifest = summary.manifest
    blocks: list[Block] = [
        Texts(notes(summary), Tone.DOUBTFUL, lead="Notes:"),
        DocumentSection(_TITLE, list(_capacities(summary, picture))),
        *_overloads(summary),
        *counted_sections(summary.counted, summary.manifest.baseline),
        FilesOnly([*_rates(summary), _circumstances(manifest)]),
    ]
    title = f"Weighbridge: capacity under {summary.aim.slo.whole}"
    about = f"{manifest.started_at[:10]}, {manifest.app}"
    return Document(title, about, blocks, _ELSEWHERE)


def _capacities(summary: CapacitySummary, picture: Picture | None) -> Iterator[Block]:
    yield paragraphs(f"{_caption(summary)}.", tone=Tone.ASIDE)
    if summary.rows:
        tones = [Tone.PLAIN if row.capacity else Tone.BAD for row in summary.rows]
        yield Table(_TITLE, tables.columns(summary), tones)
    without = [row for row in summary.rows if row.reason]
    yield Texts([f"{row.profile}: {reason(row, summary.sent)}" for row in without], Tone.BAD)
    yield Texts([f"{name}: {text}" for name, text in failures(summary)], Tone.BAD)
    if picture is not None:
        yield picture
    yield paragraphs(worded(_READING, summary.sent), tone=Tone.ASIDE)


def _caption(summary: CapacitySummary) -> str:
    """Say what was asked, and how."""
    aim = summary.aim
    connections = summary.manifest.settings.connections
    return (
        f"{summary.workload}: the highest rate at which the SLO ({summary.aim.slo.whole}) is "
        f"met; open loop, {connections} connections; slices of {aim.window_s:g} s after a "
        f"lead-in of {aim.lead_in_s:.3g} s"
    )


def _overloads(summary: CapacitySummary) -> Iterator[DocumentSection]:
    lines = tables.overloads(summary)
    if lines:
        explained = (
            f"Goodput: correct responses per second within {summary.aim.slo.limit_ns / 1e6:g} "
            "ms. Recovery: time from the end of the overload until the SLO was met again, at "
            "half of the capacity; it includes the second or less that the generator waits "
            f"for {summary.sent}s in flight."
        )
        yield DocumentSection("Overload", [paragraphs(explained, tone=Tone.ASIDE), Texts(lines)])


def _rates(summary: CapacitySummary) -> Iterator[DocumentSection]:
    rows = [row for row in summary.rows if row.points]
    if rows:
        yield DocumentSection("All offered rates", [_of_server(summary, row) for row in rows])


def _of_server(summary: CapacitySummary, row: CapacityRow) -> DocumentSection:
    title = f"All rates offered to {row.profile}"
    return DocumentSection(row.profile, [Table(title, tables.rates(summary, row))])


def _circumstances(manifest: Manifest) -> DocumentSection:
    machine = manifest.machine
    lines = [
        f"machine: {machine.cpu}, {machine.cores} cores",
        f"system: {machine.kernel}, Python {machine.python}",
        f"hypervisor: {machine.virtual or 'none known'}",
        f"pacing: {manifest.instrument.pacing} ({manifest.instrument.pacing_reason})",
        f"app: {manifest.app}{at_commit(manifest.app_commit)}; gate: {manifest.tests}",
        f"started: {manifest.started_at}, by {measured_by(manifest)}",
        f"seed: {manifest.seed}",
    ]
    versions = [
        f"{server.name}: {', '.join(f'{k} {v}' for k, v in sorted(server.packages.items()))}"
        for server in manifest.servers
        if server.packages
    ]
    blocks: list[Block] = [
        Texts(lines),
        CodeBlock(shlex.join(manifest.command), "sh"),
        paragraphs("Launch lines:"),
        CodeBlock(launch_lines(manifest), "sh"),
        paragraphs("Versions:"),
        Texts(versions),
    ]
    return DocumentSection("How this was measured", blocks)
