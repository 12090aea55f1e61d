"""The live display, as a terminal shows it: when it is drawn, what it shows, what it leaves."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.facts.slice import Doubt, DoubtKind
from bench.progress.ending import RunEnd, RunOutcome
from bench.progress.live import Display, live
from tests.build.runs import SEVEN
from tests.build.slices import OPEN
from tests.progress.made import COURSE, Clock, Written, done, screen
from tests.progress.terminal import Terminal


def seen(file: Written, width: int = 80, height: int = 24) -> Terminal:
    """A terminal that was sent all that was written."""
    terminal = Terminal(width, height)
    terminal.feed(file.getvalue())
    return terminal


def measure_all(display: Display, clock: Clock, rotation: int = 1) -> None:
    """A slice of each of seven servers at both loads, and a moment's rest."""
    for kind in SEVEN:
        answered = int(kind.throughput_rps / 2)
        display.measured(done(kind.name, OPEN, rotation=rotation, ended_s=30.0))
        display.measured(done(kind.name, answered_in_window=answered, ended_s=30.0))
    clock.go_on(1)
    display.between()


def test_nothing_is_drawn_while_slices_are_counted(now: Clock) -> None:
    """Only where no server is under load."""
    file = Written()
    with live(screen(file), COURSE) as display:
        before = file.times
        display.measured(done())
        now.go_on(10)
        display.measured(done())
        assert file.times == before
        display.between()
        assert file.times == before + 1


def test_it_is_drawn_four_times_a_second_at_most(now: Clock) -> None:
    """However short the slices are."""
    file = Written()
    with live(screen(file), COURSE) as display:
        before = file.times
        for _ in range(200):
            display.measured(done())
            now.go_on(0.05)
            display.between()
        assert file.times - before == 40


def test_a_slow_start_is_noted_once_and_shown_after_that(now: Clock) -> None:
    """Or each round would leave a line for each server."""
    file = Written()
    with live(screen(file), COURSE) as display:
        display.waiting("daphne", "not ready after 10 s")
        display.waiting("daphne", "not ready after 10 s, again")
        measure_all(display, now)
        lines = seen(file).lines
    assert lines[:2] == [
        "daphne: not ready after 10 s",
        "round 1 of 5: granian, get_item, in closed loop",
    ]


def test_it_shows_what_goes_on_a_table_and_a_bar(now: Clock) -> None:
    """In the order of throughput, with the time that is left."""
    file = Written()
    with live(screen(file), COURSE) as display:
        measure_all(display, now)
        lines = seen(file).lines

    assert lines[0] == "round 1 of 5: granian, get_item, in closed loop"
    assert [line.split()[0] for line in lines[3:-1]] == [
        "granian", "uvicorn", "gunicorn", "gunicorn-asgi", "uwsgi", "hypercorn", "daphne",
    ]  # fmt: skip
    assert lines[-1] == "━" * 24 + "  10%  4:30 left  Ctrl-C stops; results are kept"


def test_intervals_are_shown_as_they_narrow(now: Clock) -> None:
    """Beside what they were a round before; and the time left is what the rest will take."""
    file = Written()
    with live(screen(file), COURSE) as display:
        measure_all(display, now)
        display.known(1, {"granian": 0.05}, 240.0)
        display.known(2, {"granian": 0.031}, 120.0)
        lines = seen(file).lines

    (granian,) = [line.split() for line in lines if line.startswith("granian")]
    assert granian[3:5] == ["±3.1%", "5.0%"]
    assert "  20%  2:00 left" in lines[-1]


def test_doubts_are_shown_as_they_arise(now: Clock) -> None:
    """In the line of their server, with the number of slices."""
    file = Written()
    with live(screen(file), COURSE) as display:
        doubted = done("daphne", doubts=(Doubt(DoubtKind.STOLEN_CPU, 0.1),), ended_s=1.0)
        for _ in range(2):
            display.measured(doubted)
        now.go_on(1)
        display.between()
        lines = seen(file).lines

    assert [line.split("  ")[-1] for line in lines if line.startswith("daphne")] == ["2 stolen cpu"]


@pytest.mark.parametrize("height", range(1, 12))
@pytest.mark.parametrize("width", [1, 20, 80])
def test_it_fits_a_small_terminal_and_leaves_nothing_on_it(
    width: int, height: int, now: Clock
) -> None:
    """No line too many, none too wide: either could not be taken away again."""
    file = Written()
    with live(screen(file, width, height), COURSE) as display:
        for rotation in range(3):
            measure_all(display, now, rotation)
        shown = len(seen(file, width, height).lines)
    assert shown < height
    assert seen(file, width, height).lines == []


def test_a_short_terminal_says_how_many_servers_it_does_not_show(now: Clock) -> None:
    """Below the best."""
    file = Written()
    with live(screen(file, height=9), COURSE) as display:
        measure_all(display, now)
        lines = seen(file, height=9).lines
    assert [line.split()[0] for line in lines[3:-2]] == ["granian", "uvicorn", "gunicorn"]
    assert lines[-2] == "and 4 more"


def test_notes_and_troubles_stay_above_it(now: Clock) -> None:
    """When all is over they are all that there is."""
    file = Written()
    with live(screen(file), COURSE) as display:
        display.note("no self-test")
        measure_all(display, now)
        display.server_failed("daphne", "crashed under load [1]\x1b[2J")
        assert seen(file).lines[-1].startswith("━")
    assert seen(file).lines == ["no self-test", "daphne: crashed under load [1] [2J"]


def test_the_terminal_keeps_its_cursor(now: Clock) -> None:
    """Also where the program is killed and can put nothing back."""
    file = Written()
    with live(screen(file), COURSE) as display:
        measure_all(display, now)
        assert seen(file).cursor_is_shown


def test_where_nothing_is_compared_there_is_no_table(now: Clock) -> None:
    """A search has rates of its own for each server."""
    file = Written()
    with live(screen(file), replace(COURSE, baseline=None)) as display:
        measure_all(display, now)
        assert len(seen(file).lines) == 2


@pytest.mark.usefixtures("now")
def test_a_run_that_goes_on_counts_what_it_had() -> None:
    """Its figures and its time."""
    file = Written()
    earlier = [done("daphne", ended_s=150.0)]
    with live(screen(file), replace(COURSE, earlier=earlier)) as display:
        display.phase("going on")
        lines = seen(file).lines
    assert lines[3].startswith("daphne")
    assert " 50%  2:30 left" in lines[-1]


def test_what_is_kept_is_said_when_the_display_is_gone(now: Clock) -> None:
    """How to read it, and how to go on."""
    file = Written()
    console = screen(file, width=300)
    with live(console, COURSE) as display:
        measure_all(display, now)
    display.ended(RunEnd(RunOutcome.INTERRUPTED, 130, Path("results/x"), 12, can_go_on=True))
    (line,) = seen(file, width=300).lines
    assert line.startswith(
        "interrupted; all servers were stopped. 12 slices are kept in results/x/"
    )
    assert "'nox -s report -- results/x' writes their report" in line
    assert line.endswith("'nox -s bench -- --resume results/x' resumes the run")
