"""The table at the top of the README, made from the report of the reference run.

`python -m tests.reference_table` prints it; tests/test_readme.py checks that README.md shows it.
"""

from pathlib import Path
from typing import Final

REPORT: Final = Path(__file__).parent.parent / "results" / "reference" / "report.md"
_SERVER: Final = "server"
_AT_THE_RATE: Final = (
    "rank (group)", _SERVER, "average (ms)", "p50 / uvicorn's (in pieces)", "p90 (ms)", "p95 (ms)",
    "CPU a request (µs)",
)  # fmt: skip
_AT_SATURATION: Final = "throughput (requests/s)"
_HEADING: Final = "throughput at saturation (requests/s)"
_VERDICT: Final = "verdict"


def tables(report: str) -> list[list[dict[str, str]]]:
    """Every table of a Markdown report: its rows, each as cells by heading."""
    found: list[list[dict[str, str]]] = []
    headings: list[str] = []
    for line in report.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            headings = []
        elif not headings:
            headings = cells
            found.append([])
        elif set(line) - set("|:- "):
            found[-1].append(dict(zip(headings, cells, strict=True)))
    return found


def reference_table(report: str) -> str:
    """Cells of the two tables of servers, best response time first: copied, never rounded again."""
    servers = [each for each in tables(report) if each and _VERDICT in each[0]]
    open_loop, closed_loop = servers[:2]
    saturated = {row[_SERVER]: row[_AT_SATURATION] for row in closed_loop}
    headings = (*_AT_THE_RATE, _HEADING, _VERDICT)
    rows = [
        (*(row[name] for name in _AT_THE_RATE), saturated[row[_SERVER]], row[_VERDICT])
        for row in open_loop
    ]
    rule = [":---" if name in {*_AT_THE_RATE[:2], _VERDICT} else "---:" for name in headings]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, rule, *rows))


if __name__ == "__main__":
    print(reference_table(REPORT.read_text(encoding="utf-8")), end="")  # noqa: T201
