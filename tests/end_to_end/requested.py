"""Short runs of requests that are named without a program, and what became of them."""

from collections.abc import Iterator
from pathlib import Path

from bench.facts import journal
from bench.facts.slice import Outcome

SHORT = (
    "--no-selftest", "--not-against-itself", "--rate", "200", "--rounds", "1", "--budget", "4s",
    "--format", "md,csv,json", "--requirements", "none.txt",
)  # fmt: skip


def outcomes(run: Path) -> dict[tuple[str, str], set[Outcome]]:
    """What became of requests, by server and workload."""
    found: dict[tuple[str, str], set[Outcome]] = {}
    for one in journal.read(run).slices:
        found.setdefault((one.cell.profile, one.cell.workload), set()).update(one.outcomes)
    return found


def contents(run: Path) -> Iterator[tuple[Path, bytes]]:
    """All files of a run."""
    return ((path, path.read_bytes()) for path in run.rglob("*") if path.is_file())
