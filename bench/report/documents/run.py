"""What a comparison of servers says: complete enough to repeat the run."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.analysis.model import CellRow, Section, Summary
from bench.facts.selftest import SelfTest
from bench.facts.server import ServerFacts
from bench.facts.slice import DoubtKind, Verdict
from bench.messages import accuracy
from bench.report import connections, leaving, selftest, stalls, streams, table_columns
from bench.report.below import below
from bench.report.charts.chart import INSTRUCTIONS_CHART, Chart
from bench.report.circumstances import again, circumstances, launch_lines
from bench.report.claims import CLAIMS, overview, rule
from bench.report.document import (
    Block,
    CodeBlock,
    Column,
    Document,
    DocumentSection,
    FilesOnly,
    Folded,
    KeySentence,
    Notes,
    Picture,
    Table,
    Texts,
    Tone,
    paragraphs,
)
from bench.report.documents.counted import counted_sections
from bench.report.exactness import limits
from bench.report.footnotes import MARKS, Footnote, footnotes
from bench.report.headline import headlines
from bench.report.notes import notes as run_notes
from bench.report.notes import warnings
from bench.report.words import (
    attribution_note,
    exactness_caption,
    gate_failures,
    interval_note,
    procedure,
    sent_in,
    server_faults,
)

_ELSEWHERE: Final = "see report.md"
_PROCESSES: Final = (
    "Start-up: from launch to the first correct response. Memory: proportional set size (PSS) "
    "of the process tree, before any load and after it."
)
_IDLE: Final = (
    " For an idle WebSocket: what each of 1,000 that say nothing adds to it, once a run (no load "
    "goes on meanwhile)."
)
_TONES: Final = {
    Verdict.VALID: Tone.PLAIN,
    Verdict.SUSPECT: Tone.DOUBTFUL,
    Verdict.INVALID: Tone.BAD,
}


def document(summary: Summary, charts: Sequence[Chart] = ()) -> Document:
    """Shape the report: what limits it stands before any figure."""
    manifest = summary.manifest
    notes, said = footnotes(summary), headlines(summary)
    blocks: list[Block] = [
        paragraphs(*warnings(summary), tone=Tone.ALARM),
        paragraphs(accuracy(manifest.selftest), tone=Tone.ASIDE),
        *map(KeySentence, said[:1]),
        Texts(said[1:], Tone.STRONG),
        Texts(run_notes(summary), Tone.DOUBTFUL, lead="Notes:"),
        *(_section(section, summary, notes, charts) for section in summary.sections),
        *_captioned(
            table_columns.EXACTNESS_TITLE,
            exactness_caption(summary),
            table_columns.exactness_columns(summary),
        ),
        *_captioned(
            table_columns.COSTS_TITLE,
            table_columns.COSTS_CAPTION,
            table_columns.settings_columns(summary),
        ),
        *_captioned(
            table_columns.PROTOCOLS_TITLE,
            table_columns.PROTOCOLS_CAPTION,
            table_columns.protocol_columns(summary),
        ),
        *counted_sections(
            summary.counted,
            summary.manifest.baseline,
            [each for each in _of(None, charts) if _is_counted(each)],
        ),
        *_captioned(leaving.TITLE, leaving.CAPTION, leaving.columns(summary)),
        *_processes(summary, [each for each in _of(None, charts) if not _is_counted(each)]),
        FilesOnly(list(_claims(summary))),
        *_gates(summary),
        *_doubts(list(notes.values())),
        DocumentSection("How to read this", list(_reading(summary))),
        FilesOnly([*_selftest(manifest.selftest), _circumstances(summary)]),
    ]
    about = f"{manifest.started_at[:10]}, {manifest.app}"
    return Document("Weighbridge: which server for this app?", about, blocks, _ELSEWHERE)


def _of(section: Section | None, charts: Sequence[Chart]) -> list[Picture]:
    return [chart.picture for chart in charts if chart.section is section]


def _captioned(title: str, caption: str, columns: Sequence[Column]) -> Iterator[DocumentSection]:
    """A section of one table; none without columns."""
    if columns:
        text = f"{caption[:1].upper()}{caption[1:]}."
        yield DocumentSection(title, [paragraphs(text, tone=Tone.ASIDE), Table(title, columns)])


def _section(
    section: Section,
    summary: Summary,
    notes: dict[DoubtKind, Footnote],
    charts: Sequence[Chart],
) -> DocumentSection:
    title, baseline = table_columns.title(section), summary.manifest.baseline
    exact_to = limits(section, summary.manifest.selftest)
    absences = [f"{name}: no figure: {why}" for name, why in table_columns.absences(section)]
    columns = table_columns.columns(section, baseline, notes, exact_to)
    measured = table_columns.measured(section)
    blocks: list[Block] = [
        paragraphs(f"{measured[:1].upper()}{measured[1:]}. Best first.", tone=Tone.ASIDE),
        Table(title, columns, [_tone(row) for row in section.rows]),
        Texts(below(section, notes), Tone.DOUBTFUL),
        Texts(absences, Tone.BAD),
        Texts(table_columns.failures(section), Tone.BAD, lead="Failures:"),
        paragraphs(table_columns.resolution(section, baseline, exact_to), tone=Tone.ASIDE),
        *_captioned(connections.TITLE, connections.caption(section), connections.columns(section)),
        *_captioned(streams.TITLE, streams.caption(section), streams.columns(section)),
        *_captioned(stalls.TITLE, stalls.caption(section), stalls.columns(section)),
        *_of(section, charts),
        FilesOnly(list(_attribution(section))),
    ]
    return DocumentSection(title, blocks)


def _is_counted(picture: Picture) -> bool:
    return picture.name.startswith(INSTRUCTIONS_CHART)


def _tone(row: CellRow) -> Tone:
    if row.verdict is Verdict.VALID and row.rank and row.rank.place == 1:
        return Tone.GOOD
    return _TONES[row.verdict]


def _attribution(section: Section) -> Iterator[DocumentSection]:
    title, columns = "Where the time went", table_columns.attribution_columns(section)
    if columns:
        yield DocumentSection(title, [paragraphs(attribution_note(section)), Table(title, columns)])


def _processes(summary: Summary, pictures: Sequence[Picture]) -> Iterator[DocumentSection]:
    title = "Start-up and memory"
    if any(table_columns.has_process(server) for server in summary.servers):
        table = Table(title, table_columns.process_columns(summary))
        idle = _IDLE if any(map(table_columns.has_idle, summary.servers)) else ""
        caption = paragraphs(_PROCESSES + idle, tone=Tone.ASIDE)
        yield DocumentSection(title, [caption, table, *pictures])


def _claims(summary: Summary) -> Iterator[DocumentSection]:
    columns = table_columns.claims_columns(summary)
    if columns:
        sent = sent_in(summary)
        rules = [f"{CLAIMS[each.claim]}: {rule(each.claim, sent)}" for each in summary.claims]
        blocks: list[Block] = [
            paragraphs(f"{table_columns.CLAIMS_CAPTION} {overview(summary.claims)}"),
            Table(table_columns.CLAIMS_TITLE, columns),
            Folded("The rules", [Texts(rules)]),
        ]
        yield DocumentSection(table_columns.CLAIMS_TITLE, blocks)


def _gates(summary: Summary) -> Iterator[DocumentSection]:
    failed = list(gate_failures(summary))
    if failed:
        blocks: list[Block] = [
            paragraphs("A server that fails the functional suite is not measured.")
        ]
        for profile, name, message in failed:
            blocks.append(paragraphs(f"{profile} failed its gate: {name}", tone=Tone.BAD))
            blocks += [CodeBlock(message)] if message.strip() else []
        yield DocumentSection("Failed gates", blocks)
    others = [f"{name}: {text}" for name, text in server_faults(summary)]
    if others:
        yield DocumentSection("Server failures", [Texts(others, Tone.BAD)])


def _doubts(notes: Sequence[Footnote]) -> Iterator[DocumentSection]:
    if notes:
        numbered = Notes([(note.number, note.text) for note in notes])
        yield DocumentSection("Doubts", [paragraphs(MARKS, tone=Tone.ASIDE), numbered])


def _reading(summary: Summary) -> Iterator[Block]:
    yield FilesOnly([paragraphs(procedure(summary))])
    if summary.sections:
        yield paragraphs(interval_note(summary), tone=Tone.ASIDE)


def _selftest(proof: SelfTest | None) -> Iterator[DocumentSection]:
    """What the instrument was asked to prove of itself, and how that went."""
    if proof is not None:
        parts = (
            (selftest.LOGIC, selftest.LOGIC_CAPTION, selftest.logic_columns(proof)),
            (selftest.EXACTNESS, selftest.EXACTNESS_CAPTION, selftest.exactness_columns(proof)),
        )
        shown = [
            DocumentSection(name, [paragraphs(text), Table(name, cells)])
            for name, text, cells in parts
        ]
        yield DocumentSection(selftest.TITLE, [paragraphs(selftest.introduction(proof)), *shown])


def _circumstances(summary: Summary) -> DocumentSection:
    manifest = summary.manifest
    blocks: list[Block] = [
        Texts(circumstances(summary)),
        paragraphs("To repeat this run:"),
        CodeBlock(again(manifest), "sh"),
        paragraphs("Launch lines:"),
        CodeBlock(launch_lines(manifest), "sh"),
        Folded("Versions", [Table("Versions", _versions(manifest.servers))]),
    ]
    return DocumentSection("How this was measured", blocks)


def _versions(servers: Sequence[ServerFacts]) -> list[Column]:
    cells = {
        "server": [server.name for server in servers],
        "title": [server.title for server in servers],
        "interface": [server.interface for server in servers],
        "packages": [_packages(server) for server in servers],
    }
    return [Column(title, "", each, 100, numeric=False) for title, each in cells.items()]


def _packages(server: ServerFacts) -> str:
    return ", ".join(f"{name} {version}" for name, version in server.packages.items())
