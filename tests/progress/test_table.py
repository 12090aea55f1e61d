"""The live table fits where it is shown, and says what is known."""

from collections import Counter

import pytest
from rich.cells import cell_len

from bench.facts.slice import DoubtKind
from bench.progress.standings import Mean, ServerStanding
from bench.progress.table import HEADS, fitted, table

UVICORN = ServerStanding("uvicorn", True, Mean(23600, 2), Mean(161, 2), Mean(0.41, 1))
GRANIAN = ServerStanding(
    "granian", False, Mean(12400, 1), Mean(79, 1), Mean(0.405, 1),
    Counter({DoubtKind.STOLEN_CPU: 12, DoubtKind.SEND_LAG: 3}), 0.031, 0.0496,
)  # fmt: skip
DEAD = ServerStanding("gunicorn-asgi", False, doubts=Counter({DoubtKind.WRONG_RESPONSES: 4}))
MANY = [ServerStanding(f"server-{number}", False, Mean(number, 1)) for number in range(20)]


def lines(standings: list[ServerStanding], width: int = 79, rows: int = 10) -> list[str]:
    """The table as text, without spaces at the ends."""
    return [line.plain.rstrip() for line in table(standings, width, rows)]


def test_a_terminal_of_80_columns_shows_all() -> None:
    """Figures, how exactly they are known and were a round before, CPU and doubts."""
    assert lines([GRANIAN, UVICORN, DEAD]) == [
        "              saturation same rate    known  round     CPU",
        "so far             req/s median ms       to before  \N{MICRO SIGN}s/req  doubts",
        "granian           12,400     0.405    ±3.1%   5.0%    79.0  12 stolen cpu, 3 s…",
        "uvicorn           11,800     0.410 baseline           80.5",
        "gunicorn-asgi                                               4 wrong responses",
    ]


@pytest.mark.parametrize("width", range(1, 130))
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    """Whatever the room."""
    long = ServerStanding("uvicorn==0.35.0+storage=sqlite:///items.sqlite3", False, Mean(1, 1))
    wide = ServerStanding("服务器服务器服务器服务器服务器", False, Mean(1, 1))
    found = table([GRANIAN, UVICORN, long, wide, *MANY], width, 6)
    assert len(found) == HEADS + 6
    assert [line.plain for line in found if cell_len(line.plain) > width] == []


def test_a_narrow_terminal_shows_what_tells_most() -> None:
    """The name and the figures that rank; the rest is left out from the right."""
    assert lines([GRANIAN], width=35) == [
        "             saturation same rate",
        "so far            req/s median ms",
        "granian          12,400     0.405",
    ]


def test_servers_without_room_are_counted() -> None:
    """The best are shown."""
    *shown, last = lines(MANY, rows=4)[HEADS:]
    assert [line.split()[0] for line in shown] == ["server-0", "server-1", "server-2"]
    assert last == "and 17 more"


@pytest.mark.parametrize(("standings", "rows"), [([], 10), (MANY, 1), (MANY, 0), (MANY, -3)])
def test_there_is_no_table_without_room_or_servers(
    standings: list[ServerStanding], rows: int
) -> None:
    """Better none than a line that counts all."""
    assert lines(standings, rows=rows) == []


def test_a_difference_of_more_than_all_is_no_number() -> None:
    """Such widths come from two rounds that have little to do with each other."""
    one = ServerStanding("granian", False, precision=float("inf"), precision_before=7.0)
    assert lines([one])[-1].split() == ["granian", ">100%", ">100%"]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("ab", 3, "ab "), ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("abcd", 0, "")],
)
def test_text_is_filled_up_or_cut(text: str, width: int, expected: str) -> None:
    """To the width that is given."""
    assert fitted(text, width) == expected
