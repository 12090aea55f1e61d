"""A calibration as it is read: exact words."""

from pathlib import Path

import pytest
from rich.console import Console

from bench.proof.calibration.client import ClientSlice, Fault
from bench.proof.calibration.results import Calibration
from bench.proof.calibration.tables import tables, targets
from tests.build.calibration import client_slice

EXPECTED = Path(__file__).with_name("tables.txt")
OURS, WRK = "weighbridge", "wrk"


def slice_of(
    throughput: float, cpu_ns: float, *, told: bool = True, closed: int = 0
) -> ClientSlice:
    """A slice of a client that reports percentiles, or the mean alone."""
    return client_slice(
        throughput,
        cpu_ns=cpu_ns,
        mean_ns=400_000,
        p50_ns=350_000 if told else None,
        p99_ns=1_500_000 if told else None,
        closed=closed,
    )


@pytest.fixture
def found() -> Calibration:
    """Make one with a server where wrk saw faults, and one that did not start."""
    made = Calibration(
        {"null server": (OURS, WRK, "h2load"), "uvicorn": (OURS, WRK), "daphne": (OURS, WRK)},
        {"uwsgi": "uwsgi did not start: no compiler"},
    )
    for number in range(4):
        made.add("null server", OURS, slice_of(90_000 + number, 9_000))
        made.add("null server", WRK, slice_of(100_000 - number, 8_000))
        made.add("null server", "h2load", slice_of(80_000, 10_000, told=False))
        made.add("uvicorn", OURS, slice_of(5_000 + number, 30_000, closed=3))
        made.add("uvicorn", WRK, slice_of(5_100 + number, 30_000))
        made.add("daphne", OURS, slice_of(900, 30_000))
        made.add("daphne", WRK, Fault("7 timeouts"))
    return made


def lines(found: Calibration) -> str:
    """Print on a console of a fixed width."""
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        for table in tables(found):
            console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_tables(found: Calibration) -> None:
    """Of the place where there are more than two clients, and of all servers."""
    assert lines(found) == EXPECTED.read_text(encoding="utf-8").rstrip("\n")


def test_targets(found: Calibration) -> None:
    """Each with where it stands; a server without a figure is named too."""
    assert list(targets(found)) == [
        "at least 0.8 of wrk's requests a second on the null server: met, 0.900 (0.900 to 0.900)",
        (
            "at most 0.95 of wrk's CPU per request on the null server, the interval at most "
            "1.0: not met, 1.125 (1.125 to 1.125)"
        ),
        "at most 1.1 of wrk's CPU per request on uvicorn: met, 1.000 (1.000 to 1.000)",
        (
            "at least 0.97 of wrk's requests a second on each server: met on uvicorn; "
            "no figure on daphne, uwsgi"
        ),
    ]


def test_targets_without_wrk() -> None:
    """They are about wrk: there is nothing to say of them."""
    found = Calibration({"null server": (OURS,)})
    found.add("null server", OURS, slice_of(90_000, 9_000))
    assert list(targets(found)) == []


def test_a_fault_of_our_own_is_not_hidden() -> None:
    """It stands in the table, and the targets are not decided."""
    found = Calibration({"null server": (OURS, WRK)})
    found.add("null server", OURS, Fault("1 of 100 requests failed (1 wrong_body)"))
    found.add("null server", WRK, slice_of(90_000, 9_000))
    assert "\nweighbridge: 1 of 100 requests failed (1 wrong_body)" in lines(found)
    assert [line.partition(": ")[2] for line in targets(found)] == [
        "not decided, weighbridge: 1 of 100 requests failed (1 wrong_body) (in 1 of 1 slices)"
    ] * 2
