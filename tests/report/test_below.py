"""What stands below a table: what its figures rest on, in words that every format has."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bench.analysis.model import Summary
from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.slice import Doubt, DoubtKind, Role, Slice, Stalls, Verdict
from bench.formatting import DASH
from bench.report import stalls
from bench.report.below import below
from bench.report.charts.build import charts
from bench.report.data.run_csv import lines
from bench.report.data.run_json import document
from bench.report.data.run_junit import junit
from bench.report.documents.run import document as shaped
from bench.report.footnotes import footnotes
from bench.report.headline import headline
from bench.report.render.markdown import markdown
from bench.report.render.terminal import terminal
from bench.report.run_page import page
from bench.report.table_columns import columns
from bench.stats.ranks import Rank
from tests.build.runs import small
from tests.build.slices import MS, slice_of
from tests.build.variants import with_slices

LATE = Doubt(DoubtKind.GENERATOR_STARVED, 0.25)


def sentences(facts: Facts, section: int = 0) -> list[str]:
    """The sentences below a table."""
    summary = summarize(facts)
    return below(summary.sections[section], footnotes(summary))


def of_daphne(one: Slice) -> bool:
    """Whether a slice is of daphne in open loop."""
    return one.cell.profile == "daphne" and one.cell.load.mode is Mode.OPEN


def slower_where_doubted(*kinds: DoubtKind) -> Facts:
    """Daphne takes 2.4 ms in five exposures that are doubted, and 2 ms in the three others."""
    facts = small(rounds=8)
    return with_slices(
        facts,
        [
            slice_of(one.cell, one.round, 0, [(12 if one.round > 3 else 10) * MS // 5] * 500,
                  doubts=tuple(Doubt(kind, 0.25) for kind in kinds) if one.round > 3 else ())
            if of_daphne(one)
            else one
            for one in facts.slices
        ],
    )  # fmt: skip


def standing_still(*, shares: tuple[int, ...] = (100, 110, 90)) -> Facts:
    """Daphne stands still once in each exposure to a rate, for so many ms of 500."""
    facts = small()
    return with_slices(
        facts,
        [
            replace(one, stalls=Stalls(1, shares[one.round - 1] * MS, 120 * MS))
            if of_daphne(one)
            else one
            for one in facts.slices
        ],
    )


def wild() -> Facts:
    """Daphne's response times differ by a factor of 40 from each round to the next."""
    facts = small()
    return with_slices(
        facts,
        [
            slice_of(one.cell, one.round, 0, [MS * 40 ** (one.round - 1)] * 500)
            if of_daphne(one)
            else one
            for one in facts.slices
        ],
    )


def disagreeing() -> Facts:
    """Both are alike in pieces; in exposures daphne takes twice as long."""
    facts = small()
    pieces = [
        slice_of(one.cell, one.round, 1 + n, [MS] * 100, role=Role.COMPARISON)
        for one in facts.slices
        for n in range(2)
    ]
    return with_slices(facts, [*facts.slices, *pieces])


def printed(summary: Summary, width: int = 160) -> str:
    """What a terminal shows, on one line."""
    console = Console(width=width, file=io.StringIO())
    with console.capture() as capture:
        console.print(terminal(shaped(summary)))
    return " ".join(capture.get().split())


def everywhere(summary: Summary) -> dict[str, str]:
    """The report in every format for people."""
    return {
        "terminal": printed(summary),
        "markdown": markdown(shaped(summary, ())).decode(),
        "page": page(summary, ()).decode(),
    }


def test_a_figure_that_moves_is_told_with_both_values() -> None:
    """In how many exposures, and what was found in them."""
    (said, *_) = sentences(slower_where_doubted(DoubtKind.GENERATOR_STARVED))
    assert said.startswith("daphne: suspect because average is 2.25 ms with and 2.00 ms without, ")
    assert "p95 is 2.40 ms with and 2.00 ms without" in said
    assert said.endswith(
        "the 5 of 8 exposures in which for 25.0% of the time the generator was ready to run "
        "but another process occupied its core [1]."
    )


def test_several_doubts_are_told_by_their_numbers() -> None:
    """Which of them it was cannot be told."""
    (said, *_) = sentences(slower_where_doubted(DoubtKind.GENERATOR_STARVED, DoubtKind.STOLEN_CPU))
    assert said.endswith("in which one of [1, 2] was raised.")


def test_servers_of_which_the_same_is_to_be_said_share_a_sentence() -> None:
    """Nothing is left to compare either with."""
    facts = small()
    facts = with_slices(facts, [replace(one, doubts=(LATE,)) for one in facts.slices])
    (said,) = sentences(facts)
    assert said == (
        "uvicorn and daphne: suspect because too few exposures are free of [1] to compare with."
    )


def test_verdicts_tell_doubts_from_notes() -> None:
    """In square brackets what a verdict rests on, in round ones what is merely noted."""
    noted = Doubt(DoubtKind.CONNECTIONS_LOST, 3)
    facts = small()
    facts = with_slices(
        facts,
        [
            replace(one, doubts=(LATE, noted) if of_daphne(one) else (noted,))
            for one in facts.slices
        ],
    )
    summary = summarize(facts)
    shown = columns(summary.sections[0], "uvicorn", footnotes(summary))[-1].cells
    assert shown == ("valid (1)", "suspect [2] (1)")
    for text in everywhere(summary).values():
        assert "Numbers in" in text


def test_a_withheld_percentile_is_a_dash_with_a_note() -> None:
    """Of 70 requests."""
    facts = small()
    few = [
        slice_of(one.cell, one.round, 0, [MS] * (24 if one.round == 1 else 23))
        if of_daphne(one)
        else one
        for one in facts.slices
    ]
    facts = with_slices(facts, few)
    assert sentences(facts) == [
        (
            "p95 and p99 withheld: daphne (of 70 requests); at least 5 requests must lie beyond a "
            "percentile."
        )
    ]
    summary = summarize(facts)
    (p95,) = (c for c in columns(summary.sections[0], "uvicorn", {}) if c.title == "p95")
    assert p95.cells[[row.profile for row in summary.sections[0].rows].index("daphne")] == DASH
    for text in everywhere(summary).values():
        assert "of 70 requests" in text
    line = next(
        each for each in lines(summary) if (each["profile"], each["mode"]) == ("daphne", "open")
    )
    assert (line["p99_ms"], line["p99_ms_lo"], line["p95_ms"]) == (None, None, None)


def test_pieces_that_contradict_exposures_are_named() -> None:
    """And ranked by exposures, these two alone: all other pairs and figures are by pieces."""
    summary = summarize(disagreeing())
    section = summary.sections[0]
    assert section.compared_by is Role.COMPARISON
    (pair,) = section.pairs
    assert pair == section.contradicted[0].exposures
    assert [row.rank for row in section.rows] == [Rank(1, tied=False), Rank(2, tied=False)]
    (cpu,) = section.comparisons["cpu_us_per_request"]
    assert cpu.ratio.value == pytest.approx(1.0)
    (said, *_) = below(section, {})
    assert said == (
        "Pieces and exposures disagree on uvicorn / daphne, by median response time: in "
        f"exposures 0.500 (0.500{DASH}0.500); in pieces no difference shown, 1.00 "
        f"(1.00{DASH}1.00) (what differs lasts longer than a piece, as a stall does). These "
        "two are ranked by exposures, which are what clients see."
    )
    for text in everywhere(summary).values():
        assert "Pieces and exposures disagree" in text
        assert "in exposures" in text


def test_ratios_say_where_they_come_from() -> None:
    """In the heading of their column."""
    facts = small()
    alike = [replace(one, role=Role.COMPARISON, rotation=1) for one in facts.slices]
    section = summarize(with_slices(facts, [*facts.slices, *alike])).sections[0]
    assert [one.unit for one in columns(section, "uvicorn", {})][3] == "in pieces"
    assert section.contradicted == ()


def test_processes_that_came_and_work_after_the_answers_are_facts() -> None:
    """They are told where they occur, and nothing is where they do not."""
    facts = small()
    busy = [
        replace(one, processes_changed=4, settling_ns=250 * MS) if of_daphne(one) else one
        for one in facts.slices
    ]
    assert sentences(with_slices(facts, busy)) == [
        "Processes that exited or were started under load: 12 (daphne).",
        (
            "Kept working after the last response, up to: 250 ms (daphne); this is included in "
            "their CPU time."
        ),
    ]
    assert sentences(facts) == []


def test_stalls_are_shown_where_there_are_any() -> None:
    """300 of 1,500 ms are 20 %; the longest is told in full, the other server has none."""
    summary = summarize(standing_still())
    found = {
        each.title: tuple(map(str, each.cells)) for each in stalls.columns(summary.sections[0])
    }
    assert found["server"] == ("uvicorn", "daphne")
    assert found["stalled"][0] == "0"
    assert found["stalled"][1].startswith("20.0 (")
    assert (found["longest"], found["stalls"]) == ((DASH, "120"), ("0", "3"))
    assert stalls.columns(summary.sections[1]) == ()
    for text in everywhere(summary).values():
        assert text.count("no response came although requests were waiting") == 1


def test_a_share_that_is_hardly_known_was_seen_all_the_same() -> None:
    """One stall in three exposures: the figure is there, its interval is words."""
    section = summarize(standing_still(shares=(30, 0, 0))).sections[0]
    (shares,) = (each.cells for each in stalls.columns(section) if each.title == "stalled")
    assert str(shares[1]) == "2.00 (not known to within a factor of ten)"


def test_a_server_that_stands_still_for_long_is_headlined() -> None:
    """From one part in twenty of the time on; 20 % are, 4 % are not."""
    assert "; daphne stalled for 20.0% of the time." in (
        headline(summarize(standing_still()).sections[0], "uvicorn")
    )
    brief = headline(summarize(standing_still(shares=(20, 20, 20))).sections[0], "uvicorn")
    assert "stalled for" not in brief


def test_programs_find_stalls_too() -> None:
    """In both tables, the document and CI's; where there is no stall, there is no longest."""
    summary = summarize(standing_still())
    line, none = (
        next(each for each in lines(summary) if (each["profile"], each["mode"]) == (name, "open"))
        for name in ("daphne", "uvicorn")
    )
    assert line["stalled_share"] == pytest.approx(0.2)
    assert (line["longest_stall_ms"], line["stalls"]) == (120.0, 3)
    assert (none["stalled_share"], none["longest_stall_ms"], none["stalls"]) == (0.0, None, 0)
    sections = document(summary)["sections"]
    assert isinstance(sections, list)
    assert sections[0]["cells"][1]["stalls"] == {
        "count": 3, "total_ms": 300.0, "longest_ms": 120.0,
    }  # fmt: skip
    assert b"longest 120 ms" in junit(summary)


def test_stalls_have_a_chart_of_their_own() -> None:
    """For the section that has any, with the values beside the marks."""
    drawn = {chart.name: chart for chart in charts(summarize(standing_still()))}
    assert [name for name in drawn if name.startswith("stalls")] == ["stalls-open-get_item"]
    svg = drawn["stalls-open-get_item"].svg.decode()
    for text in ("20.0 %", "0 %", "120 ms, 3 stalls", "0 stalls", "longest stall, ms"):
        assert f"<!-- {text} -->" in svg


def test_a_chart_of_stalls_names_servers_without_figures() -> None:
    """With the reason."""
    facts = standing_still()
    invalid = [
        replace(one, verdict=Verdict.INVALID) if one.cell.profile == "uvicorn" else one
        for one in facts.slices
    ]
    drawn = charts(summarize(with_slices(facts, invalid)))
    (svg,) = (chart.svg.decode() for chart in drawn if chart.name.startswith("stalls"))
    assert "<!-- no figure: 3 of 3 slices invalid -->" in svg


def test_a_figure_that_is_hardly_known_is_words_in_every_format_for_people() -> None:
    """Programs have the numbers; charts mark it hollow, and draw no line across the page."""
    summary = summarize(wild())
    for text in everywhere(summary).values():
        assert "not known" in text
        assert "to within a factor of ten" in text
    found = summary.sections[0].rows[1].figures.avg_ms
    assert found is not None
    assert found.hi is not None
    assert found.lo is not None
    assert found.hi > 10 * found.lo


@pytest.fixture(scope="module")
def drawn() -> tuple[dict[str, str], dict[str, str]]:
    """The charts of a usual run, and of one with a figure that is hardly known, by name."""
    usual, hardly = (
        {chart.name: chart.svg.decode() for chart in charts(summarize(facts))}
        for facts in (small(), wild())
    )
    return usual, hardly


@pytest.mark.parametrize("name", ["latency", "parts", "exchange"])
def test_a_figure_that_is_hardly_known_is_marked_in_every_chart(
    name: str, drawn: tuple[dict[str, str], dict[str, str]]
) -> None:
    """That one alone: the others are drawn as they always are."""
    plain, svg = (charts[f"{name}-get_item"] for charts in drawn)
    assert "not known to within a factor of ten" in svg
    assert "not known to within a factor of ten" not in plain
    assert svg.count("?</") + svg.count("? -->") == {"latency": 3, "parts": 1, "exchange": 0}[name]


def test_a_share_of_stalls_that_is_hardly_known_is_marked() -> None:
    """Seen in one round of three."""
    drawn = charts(summarize(standing_still(shares=(0, 0, 490))))
    (svg,) = (chart.svg.decode() for chart in drawn if chart.name.startswith("stalls"))
    assert "? % -->" in svg
    assert "pale, with '?': not known to within a factor of ten" in svg


def test_the_page_says_so_where_it_takes_an_average_apart() -> None:
    """The sum of its parts is no better known."""
    html = page(summarize(wild()), ()).decode()
    assert "ms (not known to within a factor of ten) = " in html


def test_ci_is_told_of_a_server_that_cannot_be_ranked_for_want_of_requests() -> None:
    """It is no failure of its answers."""
    facts = small()
    few = [slice_of(one.cell, one.round, 0, [MS] * 3) if of_daphne(one) else one
           for one in facts.slices]  # fmt: skip
    assert b"the ranking figure is withheld: of 9 requests" in junit(
        summarize(with_slices(facts, few))
    )


@pytest.mark.parametrize(
    ("kind", "badge"),
    [
        (DoubtKind.CONNECTIONS_LOST, "raised, but no figure depends on them"),
        (DoubtKind.GENERATOR_STARVED, "1 of 4 cells suspect"),
    ],
)
def test_the_page_counts_the_cells_that_are_suspect(kind: DoubtKind, badge: str) -> None:
    """What is merely noted alarms nobody."""
    facts = small()
    doubted = [replace(one, doubts=(Doubt(kind, 1),)) if of_daphne(one) else one
               for one in facts.slices]  # fmt: skip
    assert badge in page(summarize(with_slices(facts, doubted)), ()).decode()


def test_without_stamps_response_times_end_when_an_answer_was_read() -> None:
    """The table says so, and the parts of the time have no delay of the client's."""
    facts = small()
    blind = [replace(one, client_delay=None, raw=None, corrected=None) for one in facts.slices]
    text = markdown(shaped(summarize(with_slices(facts, blind)), ())).decode()
    assert "from when a request was due until the response was read" in text
    assert "not included: send lag" in text
    assert "total, due until read" not in text
