"""The self-test in a report: what held, and how exact figures are."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench.facts.selftest import Finding, SelfTest
from bench.report.document import Column

TITLE: Final = "Self-test"
LOGIC: Final = "Logic"
EXACTNESS: Final = "Exactness"
LOGIC_CAPTION: Final = "Each claim holds or fails, regardless of the machine's load."
EXACTNESS_CAPTION: Final = (
    "How far figures were off from the server's own record. The largest errors are the "
    "accuracy of times; in tables, a time below that is shown as less than it."
)


def introduction(proof: SelfTest) -> str:
    """Say what was done, and when."""
    return (
        "Before the run, the measurement was tested on servers with known behaviour "
        f"({proof.form} form, {proof.duration_s:.0f} s)."
    )


def logic_columns(proof: SelfTest) -> tuple[Column, ...]:
    """Shape the table of what holds or fails."""
    claims = [claim for claim in proof.claims if claim.finding is not Finding.NOTED]
    return _columns(
        {
            "of": [claim.group for claim in claims],
            "claim": [claim.claim for claim in claims],
            "expected": [claim.expected for claim in claims],
            "measured": [claim.measured for claim in claims],
            "verdict": [str(claim.finding) for claim in claims],
        }
    )


def exactness_columns(proof: SelfTest) -> tuple[Column, ...]:
    """Shape the table of what was measured, of which nothing is claimed."""
    noted = [claim for claim in proof.claims if claim.finding is Finding.NOTED]
    return _columns(
        {
            "figure": [claim.group for claim in noted],
            "of": [claim.claim for claim in noted],
            "measured": [claim.measured for claim in noted],
        }
    )


def _columns(cells: Mapping[str, Sequence[str]]) -> tuple[Column, ...]:
    return tuple(Column(title, "", tuple(each), 0, numeric=False) for title, each in cells.items())
