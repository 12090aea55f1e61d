"""The tables on the screen, and the last line."""

from io import StringIO

from rich.console import Console

from bench.cli.selftest import tables, verdict
from bench.facts.selftest import Claim, ErrorBudget, Finding, SelfTest

BUDGET = ErrorBudget(p50_ns=41_200.0, p99_ns=210_000.0, experiments=3)


def proof(*findings: Finding, budget: ErrorBudget = BUDGET) -> SelfTest:
    """One claim of each finding, in two groups."""
    claims = tuple(
        Claim(f"group {number % 2}", f"claim {number} [x]", "1 us", "2 us", finding)
        for number, finding in enumerate(findings)
    )
    return SelfTest("short", "2024-01-01T00:00:00.000+00:00", 7.4, claims, 50_000.0, 32, budget)


def test_logic_and_exactness_are_tables_no_wider_than_a_hundred_columns() -> None:
    """Each claim with its verdict, each figure without, below their groups."""
    console = Console(file=StringIO(), width=120)
    for table in tables(proof(Finding.HOLDS, Finding.FAILS, Finding.NOTED)):
        console.print(table)
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert [" ".join(line.split()) for line in lines] == [
        "Logic: holds or fails, regardless of the machine's load",
        "claim expected measured verdict",
        "group 0",
        "claim 0 [x] 1 us 2 us holds",
        "group 1",
        "claim 1 [x] 1 us 2 us fails",
        "Accuracy: how far figures are off on this machine today",
        "of measured",
        "group 0",
        "claim 2 [x] 2 us",
    ]


def test_the_last_line_says_that_the_logic_holds_and_how_exact_times_are() -> None:
    """What is only noted is no claim."""
    assert str(verdict(proof(Finding.HOLDS, Finding.NOTED))) == (
        "Logic: all 1 claims hold, in 7 s. Response times are accurate to 0.042 ms (p50) and "
        "0.21 ms (p99) on this machine today; ignore smaller differences."
    )


def test_the_last_line_counts_what_fails() -> None:
    """And says where nothing is known of how exact times are."""
    found = proof(Finding.HOLDS, Finding.FAILS, budget=ErrorBudget())
    assert str(verdict(found)) == (
        "Logic: 1 of 2 claims fail, in 7 s. The accuracy of response times on this machine "
        "could not be measured."
    )
