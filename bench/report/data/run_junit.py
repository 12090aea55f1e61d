"""junit.xml, for CI: a suite a server, with its gate's tests and its cells as test cases.

A cell fails where it has no figure that may be believed; a slow server fails nothing.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from bench.analysis.model import CellRow, Section, ServerRow, Summary
from bench.doubts import says
from bench.facts.slice import Verdict
from bench.formatting import figure
from bench.report import stalls, table_columns
from bench.report.absences import faults, reason, why_nothing
from bench.report.below import of_requests
from bench.report.data.junit_elements import JUnitEnd, ended, passed, suite, suites, to_xml
from bench.report.notes import warnings

NAME: Final = "weighbridge"
SUITE: Final = "the functional suite"  # where none of its tests can be named
NOWHERE: Final = "any load"  # where there is no cell at all
_SHOWN: Final = (
    table_columns.THROUGHPUT,
    table_columns.AVERAGE,
    table_columns.P90,
    table_columns.P95,
    table_columns.CPU,
)


def junit(summary: Summary) -> bytes:
    """Write the document."""
    return to_xml(suites(NAME, [_suite(server, summary) for server in summary.servers]))


def _suite(server: ServerRow, summary: Summary) -> ET.Element:
    cases = [*_gate(server), *_cells(server, summary)]
    notes = (*warnings(summary), *faults(server))
    return suite(server.profile, cases, _properties(server, summary), notes)


def _properties(server: ServerRow, summary: Summary) -> dict[str, str]:
    manifest = summary.manifest
    known = next((one for one in manifest.servers if one.name == server.profile), None)
    versions = known.packages if known else {}
    return {
        "title": server.title,
        "seed": str(manifest.seed),
        "baseline": manifest.baseline,
        "weighbridge": manifest.weighbridge,
        "python": manifest.machine.python,
        **({"app_commit": manifest.app_commit} if manifest.app_commit else {}),
        **({"commit": manifest.commit} if manifest.commit else {}),
        **{f"version of {name}": version for name, version in versions.items()},
    }


def _gate(server: ServerRow) -> Iterator[ET.Element]:
    """A case a test; one for the whole suite where it was not run."""
    gate, place = server.gate, f"{server.profile}.gate"
    if gate is None:
        yield ended(place, SUITE, JUnitEnd.SKIPPED, "the run ended before this server's gate")
        return
    if gate.skipped:
        yield ended(place, SUITE, JUnitEnd.SKIPPED, "not gated: no suite was requested")
    elif gate.error is not None:
        yield ended(place, SUITE, JUnitEnd.ERROR, "the gate could not be run", gate.error)
    elif not gate.tests:
        yield ended(place, SUITE, JUnitEnd.FAILURE, "no test was run")
    for test in gate.tests:
        if test.passed:
            yield passed(place, test.name)
        elif test.known_fault is not None:
            yield ended(place, test.name, JUnitEnd.SKIPPED, f"known fault: {test.known_fault}")
        else:
            said = test.message.strip()
            yield ended(place, test.name, JUnitEnd.FAILURE, said.partition("\n")[0], said)


def _cells(server: ServerRow, summary: Summary) -> Iterator[ET.Element]:
    """A case a cell; one in their place where nothing was measured."""
    place = f"{server.profile}.cells"
    for section in summary.sections:
        for row in section.rows:
            if row.profile == server.profile:
                yield _cell(place, section, row)
    if not summary.sections:
        why = why_nothing(next(iter(server.faults), None))
        yield ended(place, NOWHERE, JUnitEnd.FAILURE, why)


def _cell(place: str, section: Section, row: CellRow) -> ET.Element:
    name = table_columns.title(section)
    doubts = [says(doubt.kind, doubt.worst, section.load.sent) for doubt in row.doubts]
    failed = [table_columns.failed(row)] if row.failures else []
    why = _why_not(section, row)
    if why is not None:
        return ended(place, name, JUnitEnd.FAILURE, why, "\n".join([*doubts, *failed]))
    figures = [
        f"{shown.title}: {figure(found)} {shown.unit}"
        for shown in (each.of(section.load.sent) for each in _SHOWN)
        if (found := row.figures.get(shown.name)) is not None
    ]
    if row.stalls is not None and row.stalls.count:
        share = stalls.stalled(row.figures.stalled_share)
        figures.append(f"stalled: {share} % of the time, longest {stalls.longest(row.stalls)} ms")
    return passed(place, name, "\n".join([*figures, f"verdict: {row.verdict}", *doubts, *failed]))


def _why_not(section: Section, row: CellRow) -> str | None:
    """Say why there is no figure to believe; None where there is one."""
    if row.reason is not None:
        return reason(row)
    if row.verdict is Verdict.INVALID:
        return "invalid"
    if row.figures.get(section.ranked_by) is None:
        if row.timings is not None:
            return f"the ranking figure is withheld: {of_requests(row)}"
        return "no correct response was counted"
    return None
