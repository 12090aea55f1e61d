"""The self-test in a report: what held, and how exact figures are."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench.facts.selftest import Finding, SelfTest
from bench.report.document import Column

TITLE: Final = "Self-test"
LOGIC: Final = "Logic"
EXACTNESS: Final = "Exactness"
LOGIC_CAPTION: Final = "It holds or fails, whatever else the machine does."
EXACTNESS_CAPTION: Final = (
    "By how much figures were off, against what the server itself had written down. The largest "
    "errors are what times are exact to; in tables, a time below that is shown as less than it."
)


def introduction(proof: SelfTest) -> str:
    """Say what was done, and when."""
    return (
        "Before anything was measured, the instrument was put before servers whose answers are "
        f"known ({proof.form} form, {proof.duration_s:.0f} s)."
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
