"""A verdict for programs, and for CI: JSON, and JUnit with a test case for each gated figure."""

from dataclasses import asdict
from typing import Final
from xml.etree import ElementTree as ET

from bench.analysis.regression_verdict import (
    FAILURES_TOLERATED,
    Change,
    FailureChange,
    RegressionDecision,
)
from bench.analysis.sides import RegressionVerdict
from bench.facts.load import Load
from bench.formatting import rounded, share
from bench.report.cells import compared
from bench.report.data.json_file import as_json, enveloped
from bench.report.data.junit_elements import JUnitEnd, ended, passed, suite, to_xml
from bench.report.data.values import estimate_of
from bench.report.documents.regression import figure_of, headline, reasons, where
from bench.stats.estimate import CONFIDENCE

KIND: Final = "regression"
FORMAT_VERSION: Final = 1
_SUITE: Final = "weighbridge.regression"


def to_json(decision: RegressionDecision, sides: tuple[str, str]) -> bytes:
    """Write everything that is said."""
    content = {
        "verdict": str(decision.verdict),
        "headline": headline(decision, sides),
        "base": sides[0],
        "head": sides[1],
        "tolerance": decision.tolerance,
        "confidence": CONFIDENCE,
        "reasons": reasons(decision),
        "changes": [_change(change) for change in decision.changes],
        "failures": [
            {**_place(failure.workload, failure.load), **_counts(failure)}
            for failure in decision.failures
        ],
        "tails": [
            {
                **_place(tail.workload, tail.load),
                "figure": tail.figure,
                "base": tail.base and asdict(tail.base),
                "head": tail.head and asdict(tail.head),
            }
            for tail in decision.tails
        ],
    }
    return as_json(enveloped(KIND, FORMAT_VERSION, content))


def junit(decision: RegressionDecision, sides: tuple[str, str]) -> bytes:
    """A test case for each gated figure; what kept all of it from being decided is one more."""
    cases = [_case(change, decision) for change in decision.changes]
    cases += [_failures_case(failure, decision) for failure in decision.failures]
    if decision.reasons or not cases:
        how = JUnitEnd.FAILURE if decision.verdict is RegressionVerdict.FAILED else JUnitEnd.SKIPPED
        cases.append(ended(_SUITE, "base and head", how, headline(decision, sides)))
    return to_xml(suite(_SUITE, cases))


def _case(one: Change, decision: RegressionDecision) -> ET.Element:
    name = f"{figure_of(one)}: {where(one.workload, one.load)}"
    if one.regressed and decision.verdict is RegressionVerdict.FAILED:
        said = f"worse by {share(one.worse)}, tolerated {share(decision.tolerance)}"
        return ended(_SUITE, name, JUnitEnd.FAILURE, said, str(compared(one.pair)))
    return passed(_SUITE, name, str(compared(one.pair)))


def _failures_case(one: FailureChange, decision: RegressionDecision) -> ET.Element:
    name = f"failures: {where(one.workload, one.load)}"
    said = f"{one.head} of {one.of_head}, base {one.base} of {one.of_base}"
    if one.regressed and decision.verdict is RegressionVerdict.FAILED:
        return ended(_SUITE, name, JUnitEnd.FAILURE, said)
    return passed(_SUITE, name, said)


def _change(one: Change) -> dict[str, object]:
    return {
        **_place(one.workload, one.load),
        "figure": one.figure,
        "ratio": estimate_of(one.pair.ratio),
        "worse": rounded(one.worse),
        "shown": one.pair.shown,
        "p_adjusted": rounded(one.pair.p_adjusted),
        "smallest_difference": rounded(one.pair.smallest),
        "regressed": one.regressed,
    }


def _place(workload: str, load: Load) -> dict[str, object]:
    return {"workload": workload, "mode": str(load.mode), "offered_rate": load.offered_rate}


def _counts(one: FailureChange) -> dict[str, object]:
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
