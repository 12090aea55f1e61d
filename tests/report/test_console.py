"""The report on a terminal fits, and says what the files say."""

import pytest

from tests.build.runs import SEVEN, realistic, small
from tests.build.variants import failing
from tests.report.console import printed


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_it_fits_the_width(width: int) -> None:
    """No line is longer than the console, and no figure is cut off."""
    text = printed(failing(realistic(rounds=3, rotations=2)), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text


def test_average_p90_and_p95_stand_side_by_side_at_120_columns() -> None:
    """The figures that were asked for have room, with their intervals."""
    lines = printed(realistic(rounds=3, rotations=2), 120).splitlines()
    heading = next(line for line in lines if line.startswith("rank"))
    assert [word for word in ("average", "p90", "p95", "verdict") if word not in heading] == []


@pytest.mark.parametrize("width", [60, 80])
def test_ranks_are_never_left_out(width: int) -> None:
    """They are what a comparison is for, and take little room."""
    text = printed(realistic(SEVEN[:3], rounds=3, rotations=2), width)
    headings = [line for line in text.splitlines() if line.startswith("rank") and "server" in line]
    assert len(headings) == 2
    assert "Omitted" in text


def test_columns_left_out_are_named() -> None:
    """A narrow console says which columns it does not show."""
    text = printed(realistic(SEVEN[:2], rounds=3, rotations=2), 80)
    assert "Omitted for lack of space (see report.md): " in text
    assert "; p99 (ms)" in " ".join(text.split())
    assert "throughput" not in printed(small(), 200).split("Left out")[1:]


def test_failures_and_doubts_are_told_in_words() -> None:
    """Failed gates, reasons, footnotes with advice and an early end are all there."""
    text = " ".join(printed(failing(realistic(rounds=3, rotations=2)), 120).split())
    for expected in (
        "The run was interrupted",
        "gunicorn-asgi failed its gate: test_create_item_invalid_input",
        "uwsgi: no figure: 6 of 6 slices invalid",
        "wrong status",
        "uwsgi: round 2: process 4121 died",
        "[1] ",
        "Advice: ",
    ):
        assert expected in text


def test_markup_in_a_message_stays_text() -> None:
    """Square brackets from outside are shown, not obeyed."""
    text = printed(failing(realistic(rounds=1, rotations=1)), 120)
    assert "<Response [500]>" in text


def test_two_figures_without_noise_read_like_this() -> None:
    """A small run, line by line."""
    lines = [line.rstrip() for line in printed(small(rounds=3), 200).splitlines()]
    start = lines.index("get_item at 2,400 requests/s")
    dash = "\N{EN DASH}"
    assert lines[start + 5].split("  ")[0] == "1 a"
    assert f"2.00 (2.00{dash}2.00)" in lines[start + 5]
    assert f"2.00 (2.00{dash}2.00)" in lines[start + 6]
