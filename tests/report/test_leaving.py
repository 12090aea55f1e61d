"""How clients that leave streams are noticed, in every report."""

from dataclasses import replace

import pytest

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.facts.streams import LeftStreams
from bench.report import leaving
from bench.report.data.run_csv import lines
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.run_page.build import page
from tests.build.runs import small

MS = 1_000_000
NOTICED = LeftStreams(
    profile="uvicorn", noticed_ns=(2 * MS, 4 * MS, 9 * MS), unnoticed=0, patience_ns=3000 * MS
)


def left(*found: LeftStreams) -> Facts:
    """A run after which clients left."""
    return replace(small(), left_streams=found)


@pytest.mark.parametrize(
    ("noticed_ms", "unnoticed", "median_ms", "longest_ms"),
    [
        ((2, 4, 9), 0, 4.0, 9.0),
        ((2, 4, 9), 2, 9.0, None),
        ((2, 4), 2, None, None),
        ((), 2, None, None),
    ],
)
def test_who_is_not_noticed_takes_longer_than_all_others(
    noticed_ms: tuple[int, ...], unnoticed: int, median_ms: float | None, longest_ms: float | None
) -> None:
    """The median is of all that left; the longest is unknown where one was not noticed."""
    noticed_ns = tuple(each * MS for each in noticed_ms)
    found = replace(NOTICED, noticed_ns=noticed_ns, unnoticed=unnoticed)
    assert (found.median_ms, found.longest_ms) == (median_ms, longest_ms)
    assert found.left == len(noticed_ms) + unnoticed


def test_the_table_says_who_was_noticed_and_how_soon() -> None:
    """With what was waited for in vain."""
    deaf = replace(NOTICED, profile="daphne", noticed_ns=(), unnoticed=2)
    columns = leaving.columns(summarize(left(NOTICED, deaf)))
    texts = {each.title: list(map(str, each.cells)) for each in columns}
    rows = dict(zip(texts["server"], zip(*list(texts.values())[1:], strict=True), strict=True))
    assert rows == {
        "uvicorn": ("3 of 3", "4.00", "9.00"),
        "daphne": ("0 of 2", "not within 3 s", "not within 3 s"),
    }


def test_reports_and_files_have_it() -> None:
    """Markdown, the page, and a line of CSV; nothing where it is unknown."""
    summary = summarize(left(NOTICED))
    for text in (markdown(shaped(summary, ())).decode(), page(summary, ()).decode()):
        assert leaving.TITLE in text
    (line, *_) = (each for each in lines(summary) if each["profile"] == "uvicorn")
    names = ("left_streams", "left_noticed", "left_median_ms", "left_longest_ms")
    assert [line[name] for name in names] == [3, 3, 4.0, 9.0]
    assert "left_streams" not in next(e for e in lines(summary) if e["profile"] != "uvicorn")
    assert leaving.TITLE not in markdown(shaped(summarize(small()), ())).decode()
