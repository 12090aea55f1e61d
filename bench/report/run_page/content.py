"""What stands on the page, in the words and numbers that the other formats use too."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bench.analysis.model import CellRow, Effect, Section, ServerRow, Summary, TriedClaim
from bench.doubts import says
from bench.facts.load import Sent
from bench.facts.selftest import Finding
from bench.facts.server import GateTest, ServerFacts
from bench.facts.settings import Check
from bench.facts.slice import DoubtKind, Verdict
from bench.formatting import VAGUE, figure, interval, load_in_words, number, plural, vague
from bench.messages import accuracy
from bench.report import (
    connections,
    instructions,
    leaving,
    selftest,
    stalls,
    streams,
    table_columns,
)
from bench.report.absences import faults, reason
from bench.report.below import below, missing_percentiles, of_requests
from bench.report.cells import NONE
from bench.report.circumstances import again, circumstances, launch_line
from bench.report.claims import CLAIMS, VERDICTS, overview, rule
from bench.report.claims import measured as comparisons
from bench.report.document import Value
from bench.report.exactness import Limits, less_than, limits
from bench.report.footnotes import MARKS, Footnote, footnotes, numbers
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
    without_itself,
)


@dataclass(frozen=True, slots=True)
class PageLine:
    """One server under one workload at one load."""

    server: str
    anchor: str
    workload: str
    load: str
    place: str
    rank: str
    values: tuple[Value, ...]
    verdict: str
    notes: str
    asides: str
    reason: str


@dataclass(frozen=True, slots=True)
class Badge:
    """One line of what the run says of itself: `mood` is good, doubtful or bad."""

    title: str
    text: str
    mood: str
    anchor: str


@dataclass(frozen=True, slots=True)
class PageCell:
    """What became of one server under one workload at one load, in words."""

    title: str
    verdict: str
    parts: str
    reason: str
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageClaim:
    """One claim of the tutorial; judgement: the name of its class in the style."""

    text: str
    rule: str
    judgement: str
    verdict: str
    measured: list[str]


@dataclass(frozen=True, slots=True)
class PageServer:
    """All that is known of one server."""

    name: str
    title: str
    anchor: str
    launch: str
    interface: str
    packages: str
    settings: str
    gate: str
    gate_failed: bool
    tests: tuple[GateTest, ...]
    error: str
    faults: tuple[str, ...]
    became: str
    figures: tuple[tuple[str, str], ...]
    cells: tuple[PageCell, ...]


_SHOWN = (
    *(table_columns.AVERAGE, table_columns.P50, table_columns.P90, table_columns.P95),
    *(table_columns.P99, table_columns.THROUGHPUT, table_columns.CPU),
    *(table_columns.PSS, table_columns.STARTUP),
)


_EFFECTS: Final = {
    Effect.NOTED: "no figure depends on it",
    Effect.MOVED: "a figure depends on it",
    Effect.NOT_COMPARABLE: "nothing to compare with",
    Effect.LASTING: "as in every exposure",
    Effect.LEFT_OUT: "left out",
}


def _titled(
    sections: Iterable[Section], texts: Callable[[Section], Iterable[str | None]]
) -> list[str]:
    """Write every text of every section behind its title."""
    return [
        f"{table_columns.title(section)}: {text}"
        for section in sections
        for text in texts(section)
        if text
    ]


def content(summary: Summary) -> Mapping[str, Any]:
    """Everything that the template asks for, by the name it asks by."""
    notes = footnotes(summary)
    anchors = {server.profile: f"server-{n}" for n, server in enumerate(summary.servers, 1)}
    sent = sent_in(summary)
    sections, said, title = summary.sections, headlines(summary), table_columns.title
    return {
        "answer": said[0] if said else "There is nothing to compare.",
        "further": said[1:],
        "accuracy": accuracy(summary.manifest.selftest),
        "warnings": warnings(summary),
        "run_notes": run_notes(summary),
        "badges": list(_badges(summary, notes)),
        "headings": [shown.of(sent) for shown in _SHOWN],
        "sent": sent,
        "lines": [
            _line(row, section, anchors, notes, limits(section, summary.manifest.selftest))
            for section in sections
            for row in section.rows
        ],
        "workloads": list(dict.fromkeys(section.workload for section in sections)),
        "loads": list(dict.fromkeys(map(_load, sections))),
        "tables": table_columns,
        "below": _titled(sections, lambda section: below(section, notes)),
        "instructions": instructions,
        "leaving": leaving,
        "captioned": (connections, streams, stalls),
        "absences": [
            (title(section), *why)
            for section in sections
            for why in table_columns.absences(section)
        ],
        "failures": _titled(sections, table_columns.failures),
        "resolutions": _titled(sections, lambda section: [_resolution(section, summary)]),
        "attribution_note": attribution_note,
        "selftest": selftest,
        "baseline": summary.manifest.baseline,
        "claims_overview": overview(summary.claims),
        "claims": [_claim(claim, sent) for claim in summary.claims],
        "servers": [_server(one, summary, anchors[one.profile]) for one in summary.servers],
        "gate_failures": list(gate_failures(summary)),
        "notes": list(notes.values()),
        "marks": MARKS,
        "procedure": procedure(summary),
        "exactness_caption": exactness_caption(summary),
        "intervals": interval_note(summary) if sections else "",
        "circumstances": [line.partition(": ") for line in circumstances(summary)],
        "again": again(summary.manifest),
    }


def _load(section: Section) -> str:
    return load_in_words(section.load, section.think_s)


def _claim(tried: TriedClaim, sent: Sent) -> PageClaim:
    return PageClaim(
        text=CLAIMS[tried.claim],
        rule=rule(tried.claim, sent),
        judgement=tried.judgement.name.lower(),
        verdict=VERDICTS[tried.judgement],
        measured=comparisons(tried),
    )


def _against_itself(summary: Summary) -> Badge:
    """Whether the run shows a difference where there is none, if it could show any."""
    baseline = summary.manifest.baseline
    shown = sum(one.pair.shown for one in summary.itself)
    if shown:
        text = f"{plural(shown, 'false difference')} shown between {baseline} and itself"
        return Badge("A/A", text, "bad", "exactness")
    if all(one.pair.ratio.lo is None for one in summary.itself):
        text = (
            f"too few slices to test whether {baseline} differs from itself, or to compare anything"
        )
        return Badge("A/A", text, "doubtful", "exactness")
    return Badge(
        "A/A", f"{baseline} does not differ significantly from itself", "good", "exactness"
    )


def _badges(summary: Summary, notes: Mapping[DoubtKind, Footnote]) -> Iterator[Badge]:
    """What the run says of itself, before any figure."""
    proof = summary.manifest.selftest
    if proof is None:
        text = "skipped: nothing shows that measurements on this machine can be trusted"
        yield Badge("Self-test", text, "doubtful", "method")
    elif proof.passed:
        yield Badge(
            "Self-test", "the measurement's logic holds on this machine", "good", "selftest"
        )
    else:
        failed = sum(claim.finding is Finding.FAILS for claim in proof.claims)
        yield Badge("Self-test", f"{plural(failed, 'claim')} failed", "bad", "selftest")
    if summary.itself:
        yield _against_itself(summary)
    else:
        yield Badge("A/A", without_itself(summary), "doubtful", "exactness")
    yield from _doubts(summary, notes)
    failed_gates = sum(bool(server.gate and not server.gate.passed) for server in summary.servers)
    skipped = sum(bool(server.gate and server.gate.skipped) for server in summary.servers)
    if failed_gates:
        yield Badge("Gate", f"{plural(failed_gates, 'server')} failed", "bad", "servers")
    elif skipped and summary.manifest.settings.check is Check.ANSWERS:
        text = f"no suite; every answer was compared with those of {summary.manifest.baseline}"
        yield Badge("Gate", text, "good", "servers")
    elif skipped:
        yield Badge("Gate", "skipped: nothing shows that the servers respond correctly", "doubtful",
                    "servers")  # fmt: skip
    else:
        yield Badge("Gate", "every server responded correctly", "good", "servers")


def _doubts(summary: Summary, notes: Mapping[DoubtKind, Footnote]) -> Iterator[Badge]:
    """How many verdicts rest on doubts."""
    rows = [row for section in summary.sections for row in section.rows if row.slices_counted]
    suspect = sum(row.verdict is Verdict.SUSPECT for row in rows)
    if suspect:
        text = f"{suspect} of {plural(len(rows), 'cell')} suspect"
        yield Badge("Doubts", text, "doubtful", "doubts")
    elif notes:
        yield Badge("Doubts", "raised, but no figure depends on them", "good", "doubts")
    elif summary.sections:
        yield Badge("Doubts", "none raised", "good", "exactness")


def _resolution(section: Section, summary: Summary) -> str:
    exact_to = limits(section, summary.manifest.selftest)
    return table_columns.resolution(section, summary.manifest.baseline, exact_to)


def _line(
    row: CellRow,
    section: Section,
    anchors: Mapping[str, str],
    notes: dict[DoubtKind, Footnote],
    exact_to: Limits,
) -> PageLine:
    return PageLine(
        server=row.profile,
        anchor=anchors[row.profile],
        workload=section.workload,
        load=load_in_words(section.load, section.think_s),
        place=f"{table_columns.rank(row.rank)} {row.group}".rstrip(),
        rank=str(row.rank.place) if row.rank else "",
        values=tuple(_value(row, shown, exact_to) for shown in _SHOWN),
        verdict=str(row.verdict) if row.slices_counted else "not measured",
        notes=numbers(row, notes),
        asides=numbers(row, notes, noted=True),
        reason=reason(row),
    )


def _value(row: CellRow, shown: table_columns.FigureColumn, exact_to: Limits) -> Value:
    estimate = row.figures.get(shown.name)
    if estimate is None:
        withheld = shown.title in missing_percentiles(row)
        return Value(NONE, f"withheld: {of_requests(row)}" if withheld else "")
    if less := less_than(estimate, shown.name, exact_to):
        return Value(less, sort=estimate.value)
    if vague(estimate):
        return Value("not known", VAGUE.removeprefix("not known "), estimate.value)
    return Value(number(estimate.value), interval(estimate), estimate.value)


def _server(server: ServerRow, summary: Summary, anchor: str) -> PageServer:
    facts = next((s for s in summary.manifest.servers if s.name == server.profile), None)
    gate = server.gate
    return PageServer(
        name=server.profile,
        title=server.title,
        anchor=anchor,
        launch=launch_line(facts, summary.manifest) if facts else "",
        interface=facts.interface if facts else "",
        packages=_packages(facts),
        settings=", ".join(f"{k}={v}" for k, v in facts.settings.items()) if facts else "",
        gate=_gate(server),
        gate_failed=bool(gate and not gate.passed),
        tests=gate.tests if gate else (),
        error=(gate.error or "") if gate else "",
        faults=tuple(faults(server)),
        became=_became(server),
        figures=tuple(
            (f"{shown.title}, {shown.unit}", figure(found))
            for shown in table_columns.OF_PROCESS
            if (found := server.figures.get(shown.name)) is not None
        ),
        cells=tuple(
            _cell(row, section)
            for section in summary.sections
            for row in section.rows
            if row.profile == server.profile
        ),
    )  # fmt: skip


def _cell(row: CellRow, section: Section) -> PageCell:
    return PageCell(
        title=table_columns.title(section),
        verdict=str(row.verdict) if row.slices_counted else "not measured",
        parts=_parts(row),
        reason=reason(row),
        doubts=tuple(
            f"{says(doubt.kind, doubt.worst, section.load.sent)} "
            f"({doubt.slices} of {plural(doubt.of, 'exposure')}; {_EFFECTS[doubt.effect]})"
            for doubt in row.doubts
        ),
    )


def _parts(row: CellRow) -> str:
    """Take the average time apart, ms: "0.43 ms = 0.04 waiting for a connection + 0.39 service"."""
    average, found = row.figures.avg_ms, row.attribution
    if average is None or found is None or found.service is None:
        return ""
    own = found.client_delay
    service = number(found.service.avg_ms)
    vaguely = f" ({VAGUE})" if vague(average) else ""
    if found.connection_wait is None or found.send_lag is None:
        tail = (
            f", of which the last {number(own.avg_ms)} is the client's reading delay" if own else ""
        )
        return f"on average {service} ms{vaguely} service time{tail}"
    delay = f", and the client's reading delay, {number(own.avg_ms)}" if own else ""
    return (
        f"on average {number(average.value)} ms{vaguely} = "
        f"{number(found.connection_wait.avg_ms)} waiting for a connection + {service} service "
        f"time; not included: send lag, {number(found.send_lag.avg_ms)}{delay}"
    )


def _packages(facts: ServerFacts | None) -> str:
    if facts is None:
        return ""
    return ", ".join(f"{name} {version}" for name, version in facts.packages.items())


def _became(server: ServerRow) -> str:
    """What became of a server, in a line: the first that went wrong with it, or its gate."""
    gate = server.gate
    if gate and not gate.passed:
        failed = [test.name for test in gate.tests if not test.passed]
        first = f" First: {failed[0]}." if failed else ""
        return f"{_gate(server)}{first}"
    wrong = "".join(faults(server)[:1]).strip()
    return wrong.splitlines()[0] if wrong else _gate(server)


def _gate(server: ServerRow) -> str:
    gate = server.gate
    if gate is None:
        return "The gate was not reached."
    if gate.skipped:
        return "Not gated: no functional suite was run."
    if gate.error is not None:
        return "The suite could not be run."
    failed = sum(not test.passed for test in gate.tests)
    if failed and gate.passed:
        return f"{failed} of {plural(len(gate.tests), 'test')} failed, as is known of it."
    if failed:
        return f"{failed} of {plural(len(gate.tests), 'test')} failed: not measured."
    return f"Passed all of {plural(len(gate.tests), 'test')}."
