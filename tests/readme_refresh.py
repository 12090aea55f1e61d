"""The top of the README, made from the reports of the reference run in results/reference.

`nox -s readme` brings its picture, its table and the figures beside them up to date; with the
folder of another run, `nox -s readme -- DIR`, that run becomes the reference run first.
tests/test_readme.py checks that README.md shows it.
"""

import re
import shutil
import sys
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
README: Final = ROOT / "README.md"
REFERENCE: Final = ROOT / "results" / "reference"
REPORT: Final = REFERENCE / "report.md"
START, END = "<!-- reference -->", "<!-- end of reference -->"
_FILES: Final = ("report.md", "report.html", "summary.csv", "summary.json")
_CHARTS: Final = "charts"
_SERVER: Final = "server"
_AT_THE_RATE: Final = (
    "rank (group)", _SERVER, "average (ms)", "p50 / uvicorn's (in pieces)", "p90 (ms)", "p95 (ms)",
    "CPU per request (µs)",
)  # fmt: skip
_AT_SATURATION: Final = "throughput (requests/s)"
_HEADING: Final = "throughput at saturation (requests/s)"
_VERDICT: Final = "verdict"
_PICTURE: Final = re.compile(r"!\[(?P<title>[^]]*)\]\((?P<path>[^)]*latency-[^)]*)\)")
_TABLE: Final = re.compile(r"(^\|.*\n)+", re.MULTILINE)
_WARNING: Final = re.compile(r"^> \*\*.*\n(?:\n(?=> \*\*|\|))?", re.MULTILINE)


class Quoted(NamedTuple):
    """Figures that a sentence of the README quotes from the report; `what` they are."""

    what: str
    in_report: str
    in_readme: str


QUOTED: Final = (
    Quoted(
        "the offered rate",
        r"(?<=^## get_item at )[\d,]+ requests/s",
        r"[\d,]+ requests/s(?=, one worker)",
    ),
    Quoted("how exact times are", *2 * (r"\d\S* ms \(p50\) and \S+ ms \(p99\)",)),
    Quoted("the smallest difference", *2 * (r"[\d.]+ to [\d.]+%(?=, depending on the server)",)),
    Quoted(
        "the ratio of exposures",
        r"(?:(?<=in exposures )|(?<=in exposures no difference shown, ))[\d.]+ \([^)]+\)",
        r"(?<=\(ratio )[\d.]+ \([^)]+\)",
    ),
)


def main(arguments: list[str]) -> str | None:
    """Refresh the README; with the folder of a run, from that. Returns what went wrong, if so."""
    if arguments:
        run = Path(arguments[0])
        missing = [name for name in (*_FILES, _CHARTS) if not (run / name).exists()]
        if missing:
            return f"'{run}' has no {missing[0]}: name the folder of a run with all its reports"
        adopt(run, REFERENCE)
    readme, by_hand = refreshed(
        README.read_text(encoding="utf-8"), REPORT.read_text(encoding="utf-8")
    )
    README.write_text(readme, encoding="utf-8")
    if by_hand:
        return f"README.md: write by hand {', '.join(by_hand)}"
    return None


def adopt(run: Path, reference: Path) -> None:
    """Copy the reports of a run, and none of its facts, in place of those of the reference run.

    Reports show SVG charts; PNGs are for people who copy them elsewhere.
    """
    if run.resolve() == reference.resolve():
        return
    shutil.rmtree(reference, ignore_errors=True)
    shutil.copytree(run / _CHARTS, reference / _CHARTS, ignore=shutil.ignore_patterns("*.png"))
    for name in _FILES:
        shutil.copyfile(run / name, reference / name)


def refreshed(readme: str, report: str) -> tuple[str, list[str]]:
    """The README with picture, table, warnings and figures of a report; what is left to do by hand.

    Sentences stay as they are, but for the figures that they quote: where the report has none of a
    kind, or the README has no such sentence, it is named.
    """
    before, rest = readme.split(START)
    block, after = rest.split(END)
    block, by_hand = _quoting(_WARNING.sub("", block), report)
    picture = _PICTURE.search(report)
    if picture is None:
        raise ValueError(f"'{REPORT}' shows no chart of response times")
    path = REFERENCE.relative_to(ROOT) / picture["path"]
    block = _PICTURE.sub(lambda _: f"![{picture['title']}]({path.as_posix()})", block)
    table = "".join(f"{line}\n\n" for line in warnings(report)) + reference_table(report)
    return f"{before}{START}{_TABLE.sub(lambda _: table, block)}{END}{after}", by_hand


def _quoting(block: str, report: str) -> tuple[str, list[str]]:
    by_hand = []
    for quoted in QUOTED:
        figures = re.search(quoted.in_report, report, re.MULTILINE)
        quotes = re.findall(quoted.in_readme, block)
        if figures is not None and quotes:
            block = re.sub(quoted.in_readme, figures[0], block)
        elif figures is not None or quotes:
            by_hand.append(quoted.what)
    return block, by_hand


def warnings(report: str) -> list[str]:
    """What the report of a run says against itself."""
    return [line for line in report.splitlines() if line.startswith("> **")]


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
    raise SystemExit(main(sys.argv[1:]))
