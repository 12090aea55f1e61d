"""A verdict by instructions for programs, and for CI: JSON, and JUnit with a case a workload."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from typing import Final
from xml.etree import ElementTree as ET

from bench.analysis.instructions.moves import WorkloadMoves
from bench.analysis.instructions.verdict import CountedChange, InstructionDecision, NotItself
from bench.analysis.sides import BASE, HEAD, RegressionVerdict
from bench.formatting import rounded, share
from bench.report.data.json_file import as_json, enveloped
from bench.report.data.junit_elements import JUnitEnd, ended, passed, suite, to_xml
from bench.report.data.values import estimate_of
from bench.report.documents.instruction_regression import headline, percent, reasons
from bench.stats.estimate import CONFIDENCE

KIND: Final = "instruction_regression"
FORMAT_VERSION: Final = 1
_SUITE: Final = "weighbridge.regression"


def to_json(
    decision: InstructionDecision, moved: Sequence[WorkloadMoves], sides: tuple[str, str]
) -> bytes:
    """Write everything that is said."""
    content = {
        "verdict": str(decision.verdict),
        "headline": headline(decision, sides),
        "base": sides[0],
        "head": sides[1],
        "tolerance": decision.tolerance,
        "confidence": CONFIDENCE,
        "counters": [str(each) for each in decision.counters],
        "connections": decision.connections,
        "reasons": reasons(decision),
        "changes": [_change(change) for change in decision.changes],
        "moves": [asdict(each) for each in moved],
    }
    return as_json(enveloped(KIND, FORMAT_VERSION, content))


def _change(one: CountedChange) -> dict[str, object]:
    return {
        "workload": one.workload,
        "base": estimate_of(one.base),
        "head": estimate_of(one.head),
        "base_starts": one.starts[0],
        "head_starts": one.starts[1],
        "ratio": asdict(one.ratio),
        "shown": one.shown,
        "smallest_difference": rounded(one.smallest) if isfinite(one.smallest) else None,
        "itself": one.itself and asdict(one.itself),
        "unsettled_starts": one.unsettled,
        "idle_share": one.idle and dict(zip((BASE, HEAD), one.idle, strict=True)),
        "verdict": str(one.verdict),
    }


def junit(decision: InstructionDecision, sides: tuple[str, str]) -> bytes:
    """A test case for each workload; what kept all of it from being decided is one more."""
    cases = [_case(change, decision) for change in decision.changes]
    if decision.reasons or not cases:
        how = JUnitEnd.FAILURE if decision.verdict is RegressionVerdict.FAILED else JUnitEnd.SKIPPED
        cases.append(ended(_SUITE, "base and head", how, headline(decision, sides)))
    return to_xml(suite(_SUITE, cases))


def _case(one: CountedChange, decision: InstructionDecision) -> ET.Element:
    name, said = f"instructions a request: {one.workload}", str(percent(one.ratio))
    of_all = any(not isinstance(reason, NotItself) for reason in decision.reasons)
    if of_all or one.verdict is RegressionVerdict.UNDECIDED:
        return ended(_SUITE, name, JUnitEnd.SKIPPED, f"undecided: {said}")
    if one.verdict is RegressionVerdict.FAILED:
        tolerated = f"{said}, tolerated {share(decision.tolerance)}"
        return ended(_SUITE, name, JUnitEnd.FAILURE, tolerated, said)
    return passed(_SUITE, name, said)
