"""report.md: fit for a pull request, and complete enough to repeat the run."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from bench.domain import Instrument, Machine, Manifest, SelfTest, ServerFacts
from bench.report import tables
from bench.report.charts import Chart
from bench.report.footnotes import footnotes
from bench.report.tables import Column
from bench.report.words import (
    PROCEDURE,
    attribution_note,
    gate_failures,
    interval_note,
    troubles,
)
from bench.summary import Section, Summary
from bench.summary.words import clean, number, plural


def markdown(summary: Summary, charts: Sequence[Chart]) -> bytes:
    """Write the report; charts are referred to as charts/NAME.svg."""
    blocks = [
        "# Weighbridge: which server for this app?",
        *_distrust(summary),
        *_bullets(summary.headlines),
        *_remarks(summary),
        *_sections(summary, charts),
        *_exactness(summary),
        *_settings(summary),
        *_processes(summary),
        *_gates(summary),
        *_doubts(summary),
        "## How to read this",
        escape(PROCEDURE),
        *([escape(interval_note(summary))] if summary.sections else []),
        *_circumstances(summary),
    ]
    return ("\n\n".join(blocks) + "\n").encode()


def escape(text: str) -> str:
    """Make text safe in a paragraph or a table's cell, where it shows as it is."""
    one_line = " ".join(clean(text).split())
    html = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = re.sub(r"([\\`*|\[\]~#!])", r"\\\1", html)
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", marked)  # inside words it marks nothing


def fenced(text: str, language: str = "text") -> str:
    """Show text as a block of code; the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{clean(text).strip()}\n{fence}"


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    lines = [f"- {escape(text)}" for text in texts]
    if lines:
        yield "\n".join(lines)


def _distrust(summary: Summary) -> Iterator[str]:
    """Before any figure: why none is to be trusted as it stands."""
    for text in summary.distrust:
        yield f"> **{escape(text)}**"


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
        yield _table(tables.columns(section, baseline, notes))
        yield from _bullets(f"{name}: no figure: {why}" for name, why in tables.absences(section))
        failures = tables.failures(section)
        if failures:
            yield "Failures:"
            yield from _bullets(failures)
        resolution = tables.resolution(section, baseline)
        if resolution:
            yield escape(resolution)
        yield from _charts(section, charts)
        yield from _attribution(section)


def _attribution(section: Section) -> Iterator[str]:
    columns = tables.attribution_columns(section)
    if columns:
        yield "### Where the time went"
        yield escape(attribution_note(section))
        yield _table(columns)


def _charts(section: Section, charts: Sequence[Chart]) -> Iterator[str]:
    for chart in charts:
        if chart.section is section:
            yield f"![{escape(chart.title)}](charts/{chart.name}.svg)"


def _table(columns: Sequence[Column]) -> str:
    rows = zip(*(column.cells for column in columns), strict=True)
    lines = [
        [column.heading for column in columns],
        ["---:" if column.numeric else ":---" for column in columns],
        *([escape(cell) for cell in row] for row in rows),
    ]
    lines[0] = [escape(heading) for heading in lines[0]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _exactness(summary: Summary) -> Iterator[str]:
    columns = tables.exactness_columns(summary)
    if columns:
        yield f"## {tables.EXACTNESS_TITLE}"
        yield f"{escape(tables.EXACTNESS_CAPTION)}."
        yield _table(columns)


def _settings(summary: Summary) -> Iterator[str]:
    columns = tables.settings_columns(summary)
    if columns:
        yield f"## {tables.COSTS_TITLE}"
        yield f"{escape(tables.COSTS_CAPTION.capitalize())}."
        yield _table(columns)


def _processes(summary: Summary) -> Iterator[str]:
    if any(tables.has_process(server) for server in summary.servers):
        yield "## Start-up and memory"
        yield (
            "From launch to the first right answer; proportional set size (PSS) of the process "
            "tree before any load and after it."
        )
        yield _table(tables.process_columns(summary))


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
        yield "\n".join(f"{note.number}. {escape(note.text)}" for note in notes)


def _circumstances(summary: Summary) -> Iterator[str]:
    manifest = summary.manifest
    yield from _selftest(manifest.selftest)
    yield "## How this was measured"
    machine = [*_machine(manifest.machine), *_instrument(manifest.instrument)]
    yield from _bullets([*machine, *_run(summary)])
    yield "The same run again:"
    yield fenced(_again(manifest), "sh")
    yield "Launch lines:"
    yield fenced("\n".join(_launch_line(server) for server in manifest.servers))
    yield "<details><summary>Versions</summary>"
    yield _versions(manifest.servers)
    yield "</details>"


def _selftest(proof: SelfTest | None) -> Iterator[str]:
    """What the instrument was asked to prove of itself, and how that went."""
    if proof is None:
        return
    yield "## Self-test"
    yield (
        f"Before anything was measured, the instrument was put before servers whose answers are "
        f"known ({proof.form} form, {proof.duration_s:.0f} s)."
    )
    claims = proof.claims
    yield _table(
        [
            Column(
                title, "", tuple(str(getattr(claim, name)) for claim in claims), 0, numeric=False
            )
            for title, name in (
                ("of", "group"),
                ("claim", "claim"),
                ("expected", "expected"),
                ("measured", "measured"),
                ("verdict", "finding"),
            )
        ]
    )


def _again(manifest: Manifest) -> str:
    """The command that repeats the run: with the seed that was drawn, into a folder of its own."""
    words = list(manifest.command)
    while "--out" in words:
        place = words.index("--out")
        del words[place : place + 2]
    words = [word for word in words if not word.startswith("--out=")]
    seeded = any(word.split("=")[0] == "--seed" for word in words)
    seed = () if seeded else ("--seed", str(manifest.seed))
    return shlex.join((*words, *seed))


def _machine(machine: Machine) -> Iterator[str]:
    memory = f"{number(machine.memory_bytes / 2**30)} GiB"
    yield f"machine: {machine.cpu}, {plural(machine.cores, 'core')}, {memory}"
    yield f"hypervisor: {machine.virtual or 'none known'}"
    yield f"system: {machine.kernel}, Python {machine.python}"
    yield f"cores of the servers: {_cores(machine.server_cores)}"
    yield f"cores of the generator: {_cores(machine.generator_cores)}"


def _instrument(instrument: Instrument) -> Iterator[str]:
    yield f"pacing: {instrument.pacing} ({instrument.pacing_reason})"
    stamped = "of one connection in eight" if instrument.kernel_timestamps else "none"
    yield f"kernel timestamps of answers: {stamped}"


def _run(summary: Summary) -> Iterator[str]:
    manifest = summary.manifest
    yield f"app: {manifest.app}"
    yield f"gate: {manifest.tests}"
    commit = f" at commit {manifest.commit}" if manifest.commit else ""
    yield f"started: {manifest.started_at}, by weighbridge {manifest.weighbridge}{commit}"
    known = ("client", "connections", "workers", "arrivals")
    yield "; ".join(f"{name}: {manifest.settings.get(name, 'unknown')}" for name in known)
    yield f"rounds: {summary.rounds}; seed: {manifest.seed}"
    if summary.under_load is not None:
        yield f"measured windows: {summary.under_load:.0%} of the run's time"


def _cores(cores: Sequence[int]) -> str:
    return ", ".join(map(str, cores)) or "not pinned"


def _launch_line(server: ServerFacts) -> str:
    return f"{server.name}: {server.url or shlex.join(server.argv)}".replace("\n", " ")


def _versions(servers: Sequence[ServerFacts]) -> str:
    lines = ["| server | title | interface | packages |", "| :--- | :--- | :--- | :--- |"]
    for server in servers:
        packages = ", ".join(f"{name} {version}" for name, version in server.packages.items())
        cells = (server.name, server.title, server.interface, packages)
        lines.append(f"| {' | '.join(escape(cell) for cell in cells)} |")
    return "\n".join(lines)
