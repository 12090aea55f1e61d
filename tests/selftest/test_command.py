"""The table on the screen, and the last line."""

from io import StringIO

import pytest
from rich.console import Console

from bench.commands.selftest import tables, verdict
from bench.domain import Claim, Finding, SelfTest


def proof(*findings: Finding) -> SelfTest:
    """One claim of each finding, in two groups."""
    claims = tuple(
        Claim(f"group {number % 2}", f"claim {number} [x]", "1 us", "2 us", finding)
        for number, finding in enumerate(findings)
    )
    return SelfTest("short", "2024-01-01T00:00:00.000+00:00", 7.4, claims, 50_000.0, 32)


def test_groups_are_tables_no_wider_than_a_hundred_columns() -> None:
    """Each claim with what was expected, what was measured, and the verdict."""
    console = Console(file=StringIO(), width=120)
    for table in tables(proof(Finding.HOLDS, Finding.FAILS, Finding.NOTED)):
        console.print(table)
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split() for line in lines] == [
        ["group", "0"],
        ["claim", "expected", "measured", "verdict"],
        ["claim", "0", "[x]", "1", "us", "2", "us", "holds"],
        ["claim", "2", "[x]", "1", "us", "2", "us", "noted"],
        ["group", "1"],
        ["claim", "expected", "measured", "verdict"],
        ["claim", "1", "[x]", "1", "us", "2", "us", "fails"],
    ]


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([Finding.HOLDS, Finding.NOTED], "All 1 claims hold, in 7 s."),
        ([Finding.HOLDS, Finding.FAILS], "Of 2 claims, 1 fail, in 7 s."),
        (
            [Finding.FAILS, Finding.DISTURBED, Finding.DISTURBED],
            "Of 3 claims, 1 fail and 2 were disturbed by the machine each time, in 7 s.",
        ),
    ],
)
def test_the_last_line_is_the_verdict(findings: list[Finding], words: str) -> None:
    """What is only noted is no claim."""
    assert str(verdict(proof(*findings))) == words
