"""A decision for people and for CI: terminal, Markdown, JSON, JUnit XML."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import inf
from typing import Final
from xml.etree import ElementTree as ET

from rich.console import Group, RenderableType
from rich.text import Text

from bench.domain import Load
from bench.regression.decision import (
    FAILURES_TOLERATED,
    Change,
    Decision,
    Failures,
    Tail,
    Verdict,
)
from bench.report.console import FittedTable
from bench.report.exports import as_json
from bench.report.markdown import escape, table
from bench.report.tables import NONE, Column, told
from bench.report.testcases import Ending, ended, passed, suite, to_xml
from bench.stats.estimate import CONFIDENCE
from bench.summary.words import NAMES, clean, figure, load_in_words, rounded, share

FORMAT: Final = "weighbridge.regression"
FORMAT_VERSION: Final = 1
_SUITE: Final = "weighbridge.regression"
_STYLES: Final = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.UNDECIDED: "yellow"}
_TAILS: Final = {"avg_ms": "average", "p90_ms": "p90", "p95_ms": "p95", "p99_ms": "p99"}
_NOTE: Final = (
    "Gated: median response time, throughput, CPU a request, and failures. A figure fails when its "
    "difference is shown (at 95 %, corrected for all that is gated) and larger than tolerated. "
    "Averages and tails inform; they do not gate."
)


def headline(decision: Decision, sides: tuple[str, str]) -> str:
    """Say in a sentence what came of it; sides: what base and head are."""
    what = f"{sides[1]} against {sides[0]}"
    if decision.verdict is Verdict.UNDECIDED:
        return f"undecided: {what}: {'; '.join(decision.reasons)}"
    if decision.verdict is Verdict.FAILED:
        return f"failed: {what}: {'; '.join(decision.reasons or tuple(_regressions(decision)))}"
    return (
        f"passed: {what}: nothing is shown to be worse by more than {share(decision.tolerance)}"
        f"{_blindness(decision)}"
    )


def _blindness(decision: Decision) -> str:
    """Say what a pass is worth where the run could not have shown what is not tolerated."""
    found = [one.pair.smallest for one in decision.changes]
    widest = max((inf if each is None else each for each in found), default=inf)
    if widest <= decision.tolerance:
        return ""
    return f" (differences of up to {share(widest)} could not have been shown: give more --budget)"


def _regressions(decision: Decision) -> Iterator[str]:
    for one in decision.changes:
        if one.regressed:
            yield (
                f"{NAMES[one.figure]} of {_where(one.workload, one.load)} is worse by "
                f"{share(one.worse)} ({figure(one.pair.ratio)} times the base's)"
            )
    for failed in decision.failures:
        if failed.regressed:
            yield (
                f"{failed.head:,} of {failed.of_head:,} requests of "
                f"{_where(failed.workload, failed.load)} failed, and {failed.base:,} of "
                f"{failed.of_base:,} with the base"
            )


def terminal(decision: Decision, sides: tuple[str, str]) -> RenderableType:
    """What `console.print` shows."""
    parts: list[RenderableType] = [
        Text(clean(headline(decision, sides)), style=_STYLES[decision.verdict])
    ]
    for title, columns in _tables(decision):
        styles = [""] * len(columns[0].cells)
        parts += [Text(), FittedTable(title, "", columns, styles, "see regression.md")]
    return Group(*parts, Text(), Text(_NOTE, style="dim"))


def markdown(decision: Decision, sides: tuple[str, str]) -> bytes:
    """Fit for a pull request, or the summary of a workflow's step."""
    blocks = ["# Regression test", f"**{escape(headline(decision, sides))}**"]
    for title, columns in _tables(decision):
        blocks += [f"## {title}", table(columns)]
    return ("\n\n".join([*blocks, escape(_NOTE)]) + "\n").encode()


def to_json(decision: Decision, sides: tuple[str, str]) -> bytes:
    """The same for programs."""
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "verdict": str(decision.verdict),
        "headline": headline(decision, sides),
        "base": sides[0],
        "head": sides[1],
        "tolerance": decision.tolerance,
        "confidence": CONFIDENCE,
        "reasons": list(decision.reasons),
        "changes": [_change(one) for one in decision.changes],
        "failures": [
            {**_place(one.workload, one.load), **_counts(one)} for one in decision.failures
        ],
        "tails": [
            {
                **_place(one.workload, one.load),
                "figure": one.figure,
                "base": one.base and asdict(one.base),
                "head": one.head and asdict(one.head),
            }
            for one in decision.tails
        ],
    }
    return as_json(document)


def junit(decision: Decision, sides: tuple[str, str]) -> bytes:
    """A test case for each gated figure; what kept all of it from being decided is one more."""
    cases = [_case(one, decision) for one in decision.changes]
    cases += [_failures_case(one, decision) for one in decision.failures]
    if decision.reasons or not cases:
        how = Ending.FAILURE if decision.verdict is Verdict.FAILED else Ending.SKIPPED
        cases.append(ended(_SUITE, "base and head", how, headline(decision, sides)))
    return to_xml(suite(_SUITE, cases))


def _case(one: Change, decision: Decision) -> ET.Element:
    name = f"{NAMES[one.figure]}: {_where(one.workload, one.load)}"
    if one.regressed and decision.verdict is Verdict.FAILED:
        said = f"worse by {share(one.worse)}, tolerated {share(decision.tolerance)}"
        return ended(_SUITE, name, Ending.FAILURE, said, told(one.pair))
    return passed(_SUITE, name, told(one.pair))


def _failures_case(one: Failures, decision: Decision) -> ET.Element:
    name = f"failures: {_where(one.workload, one.load)}"
    said = f"{one.head} of {one.of_head}, base {one.base} of {one.of_base}"
    if one.regressed and decision.verdict is Verdict.FAILED:
        return ended(_SUITE, name, Ending.FAILURE, said)
    return passed(_SUITE, name, said)


def _tables(decision: Decision) -> Iterator[tuple[str, Sequence[Column]]]:
    if decision.changes:
        yield "Gated", _gated(decision.changes)
    if decision.failures:
        yield "Failures", _failed(decision.failures)
    if decision.tails:
        yield "For information", _informing(decision.tails)


def _gated(changes: Sequence[Change]) -> Sequence[Column]:
    return (
        _column("load", [_where(one.workload, one.load) for one in changes], 60),
        _column("figure", [NAMES[one.figure] for one in changes], 120),
        _column("head / base", [told(one.pair) for one in changes], 110, numeric=True),
        _column("smallest difference", [_smallest(one) for one in changes], 40, numeric=True),
        _column("verdict", ["regressed" if one.regressed else "" for one in changes], 100),
    )


def _failed(failures: Sequence[Failures]) -> Sequence[Column]:
    return (
        _column("load", [_where(one.workload, one.load) for one in failures], 60),
        _column("base", [f"{one.base:,} of {one.of_base:,}" for one in failures], 90, numeric=True),
        _column("head", [f"{one.head:,} of {one.of_head:,}" for one in failures], 90, numeric=True),
        _column("verdict", ["regressed" if one.regressed else "" for one in failures], 100),
    )


def _informing(tails: Sequence[Tail]) -> Sequence[Column]:
    return (
        _column("load", [_where(one.workload, one.load) for one in tails], 60),
        _column("response time", [_TAILS[one.figure] for one in tails], 120),
        _column("base (ms)", [figure(one.base, absent=NONE) for one in tails], 90, numeric=True),
        _column("head (ms)", [figure(one.head, absent=NONE) for one in tails], 90, numeric=True),
    )


def _column(title: str, cells: Sequence[str], weight: int, *, numeric: bool = False) -> Column:
    return Column(title, "", tuple(cells), weight, numeric=numeric)


def _where(workload: str, load: Load) -> str:
    return f"{workload}, {load_in_words(load)}"


def _smallest(one: Change) -> str:
    return NONE if one.pair.smallest is None else share(one.pair.smallest)


def _change(one: Change) -> dict[str, object]:
    ratio = one.pair.ratio
    return {
        **_place(one.workload, one.load),
        "figure": one.figure,
        "ratio": {"value": rounded(ratio.value), "lo": rounded(ratio.lo), "hi": rounded(ratio.hi)},
        "worse": rounded(one.worse),
        "shown": one.pair.shown,
        "p_adjusted": rounded(one.pair.p_adjusted),
        "smallest_difference": rounded(one.pair.smallest),
        "regressed": one.regressed,
    }


def _place(workload: str, load: Load) -> dict[str, object]:
    return {"workload": workload, "mode": str(load.mode), "offered_rate": load.offered_rate}


def _counts(one: Failures) -> dict[str, object]:
    return {
        "base": one.base,
        "base_requests": one.of_base,
        "head": one.head,
        "head_requests": one.of_head,
        "p": rounded(one.p),
        "p_adjusted": rounded(one.p_adjusted),
        "tolerated": FAILURES_TOLERATED,
        "regressed": one.regressed,
    }
