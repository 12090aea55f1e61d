"""report.md: fit for a pull request, and complete enough to repeat the run."""

from collections.abc import Iterable, Iterator, Sequence

from bench.domain import SelfTest, ServerFacts
from bench.report import selftest, stalls, tables
from bench.report.below import below
from bench.report.budget import limits
from bench.report.charts.chart import Chart
from bench.report.circumstances import again, circumstances, launch_line
from bench.report.footnotes import MARKS, footnotes
from bench.report.render.markdown import escape, fenced, table
from bench.report.words import (
    PROCEDURE,
    attribution_note,
    gate_failures,
    interval_note,
    troubles,
)
from bench.summary import Section, Summary
from bench.summary.claims import told
from bench.summary.remarks import reliance


def markdown(summary: Summary, charts: Sequence[Chart]) -> bytes:
    """Write the report; charts are referred to as charts/NAME.svg."""
    blocks = [
        "# Weighbridge: which server for this app?",
        *_distrust(summary),
        *_reliance(summary),
        *_bullets(summary.headlines),
        *_remarks(summary),
        *_sections(summary, charts),
        *_exactness(summary),
        *_settings(summary),
        *_processes(summary, charts),
        *_claims(summary),
        *_gates(summary),
        *_doubts(summary),
        "## How to read this",
        escape(PROCEDURE),
        *([escape(interval_note(summary))] if summary.sections else []),
        *_circumstances(summary),
    ]
    return ("\n\n".join(blocks) + "\n").encode()


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    lines = [f"- {escape(text)}" for text in texts]
    if lines:
        yield "\n".join(lines)


def _distrust(summary: Summary) -> Iterator[str]:
    """Before any figure: why none is to be trusted as it stands."""
    for text in summary.distrust:
        yield f"> **{escape(text)}**"


def _reliance(summary: Summary) -> Iterator[str]:
    text = reliance(summary.manifest.selftest)
    if text:
        yield escape(text)


def _remarks(summary: Summary) -> Iterator[str]:
    if summary.remarks:
        yield "**To be kept in mind:**"
        yield from _bullets(summary.remarks)


def _sections(summary: Summary, charts: Sequence[Chart]) -> Iterator[str]:
    notes = footnotes(summary)
    baseline = summary.manifest.baseline
    for section in summary.sections:
        yield f"## {escape(tables.title(section))}"
        yield f"{escape(tables.measured(section).capitalize())}. Best first."
        exact_to = limits(section, summary.manifest.selftest)
        yield table(tables.columns(section, baseline, notes, exact_to))
        yield from _bullets(below(section, notes))
        yield from _bullets(f"{name}: no figure: {why}" for name, why in tables.absences(section))
        failures = tables.failures(section)
        if failures:
            yield "Failures:"
            yield from _bullets(failures)
        resolution = tables.resolution(section, baseline, exact_to)
        if resolution:
            yield escape(resolution)
        yield from _stalls(section)
        yield from _charts(section, charts)
        yield from _attribution(section)


def _stalls(section: Section) -> Iterator[str]:
    columns = stalls.columns(section)
    if columns:
        yield f"### {stalls.TITLE}"
        yield f"{escape(stalls.CAPTION.capitalize())}."
        yield table(columns)


def _attribution(section: Section) -> Iterator[str]:
    columns = tables.attribution_columns(section)
    if columns:
        yield "### Where the time went"
        yield escape(attribution_note(section))
        yield table(columns)


def _charts(section: Section | None, charts: Sequence[Chart]) -> Iterator[str]:
    for chart in charts:
        if chart.section is section:
            yield f"![{escape(chart.title)}]({chart.link})"


def _exactness(summary: Summary) -> Iterator[str]:
    columns = tables.exactness_columns(summary)
    if columns:
        yield f"## {tables.EXACTNESS_TITLE}"
        yield f"{escape(tables.EXACTNESS_CAPTION)}."
        yield table(columns)


def _settings(summary: Summary) -> Iterator[str]:
    columns = tables.settings_columns(summary)
    if columns:
        yield f"## {tables.COSTS_TITLE}"
        yield f"{escape(tables.COSTS_CAPTION.capitalize())}."
        yield table(columns)


def _processes(summary: Summary, charts: Sequence[Chart]) -> Iterator[str]:
    if any(tables.has_process(server) for server in summary.servers):
        yield "## Start-up and memory"
        yield (
            "From launch to the first right answer; proportional set size (PSS) of the process "
            "tree before any load and after it."
        )
        yield table(tables.process_columns(summary))
        yield from _charts(None, charts)


def _claims(summary: Summary) -> Iterator[str]:
    columns = tables.claims_columns(summary)
    if not columns:
        return
    yield f"## {tables.CLAIMS_TITLE}"
    yield f"{escape(tables.CLAIMS_CAPTION)} {escape(told(summary.claims))}"
    yield table(columns)
    yield "<details><summary>The rules</summary>"
    yield from _bullets(f"{one.claim}: {one.rule}" for one in summary.claims)
    yield "</details>"


def _gates(summary: Summary) -> Iterator[str]:
    failures = list(gate_failures(summary))
    if failures:
        yield "## Failed gates"
        yield "A server that fails the functional suite is not measured."
    for profile, name, message in failures:
        yield f"**{escape(profile)}**: {escape(name)}"
        if message.strip():
            yield fenced(message)
    others = [f"{name}: {text}" for name, text in troubles(summary)]
    if others:
        yield "## Troubles"
        yield from _bullets(others)


def _doubts(summary: Summary) -> Iterator[str]:
    notes = footnotes(summary).values()
    if notes:
        yield "## Doubts"
        yield escape(MARKS)
        yield "\n".join(f"{note.number}. {escape(note.text)}" for note in notes)


def _circumstances(summary: Summary) -> Iterator[str]:
    manifest = summary.manifest
    yield from _selftest(manifest.selftest)
    yield "## How this was measured"
    yield from _bullets(circumstances(summary))
    yield "The same run again:"
    yield fenced(again(manifest), "sh")
    yield "Launch lines:"
    yield fenced("\n".join(f"{one.name}: {launch_line(one)}" for one in manifest.servers))
    yield "<details><summary>Versions</summary>"
    yield _versions(manifest.servers)
    yield "</details>"


def _selftest(proof: SelfTest | None) -> Iterator[str]:
    """What the instrument was asked to prove of itself, and how that went."""
    if proof is None:
        return
    yield f"## {selftest.TITLE}"
    yield escape(selftest.introduction(proof))
    yield f"### {selftest.LOGIC}"
    yield escape(selftest.LOGIC_CAPTION)
    yield table(selftest.logic_columns(proof))
    yield f"### {selftest.EXACTNESS}"
    yield escape(selftest.EXACTNESS_CAPTION)
    yield table(selftest.exactness_columns(proof))


def _versions(servers: Sequence[ServerFacts]) -> str:
    lines = ["| server | title | interface | packages |", "| :--- | :--- | :--- | :--- |"]
    for server in servers:
        packages = ", ".join(f"{name} {version}" for name, version in server.packages.items())
        cells = (server.name, server.title, server.interface, packages)
        lines.append(f"| {' | '.join(escape(cell) for cell in cells)} |")
    return "\n".join(lines)
