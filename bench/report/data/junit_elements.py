"""JUnit's test cases and suites: counted, and with nothing in them that XML forbids."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree as ET

from bench.formatting import clean


class JUnitEnd(StrEnum):
    """How a case ended that did not pass, in JUnit's words."""

    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


_COUNTS: Final = {
    "failures": JUnitEnd.FAILURE,
    "errors": JUnitEnd.ERROR,
    "skipped": JUnitEnd.SKIPPED,
}


def passed(classname: str, name: str, output: str = "") -> ET.Element:
    """A case that passed, and what there is to be said of it."""
    built = _case(classname, name)
    if output:
        ET.SubElement(built, "system-out").text = clean(output)
    return built


def ended(classname: str, name: str, how: JUnitEnd, message: str, text: str = "") -> ET.Element:
    """A case that did not pass: why, in a line and at length."""
    built = _case(classname, name)
    ET.SubElement(built, how.value, message=clean(message)).text = clean(text) or None
    return built


def _case(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=clean(classname), name=clean(name))


def suite(
    name: str,
    cases: Sequence[ET.Element],
    properties: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> ET.Element:
    """Cases under one name; notes are of none of them alone."""
    built = ET.Element("testsuite", {"name": clean(name), **_counts(cases)})
    if properties:
        listed = ET.SubElement(built, "properties")
        for key, value in properties.items():
            ET.SubElement(listed, "property", name=clean(key), value=clean(value))
    built.extend(cases)
    if notes:
        ET.SubElement(built, "system-err").text = clean("\n".join(notes))
    return built


def suites(name: str, held: Sequence[ET.Element]) -> ET.Element:
    """Suites under one name."""
    cases = [case for each in held for case in each.iterfind("testcase")]
    built = ET.Element("testsuites", {"name": clean(name), **_counts(cases)})
    built.extend(held)
    return built


def to_xml(root: ET.Element) -> bytes:
    """Write a suite, or suites."""
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _counts(cases: Sequence[ET.Element]) -> dict[str, str]:
    found = {
        name: sum(case.find(ending.value) is not None for case in cases)
        for name, ending in _COUNTS.items()
    }
    return {"tests": str(len(cases)), **{name: str(count) for name, count in found.items()}}
