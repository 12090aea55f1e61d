"""Plain lines: how many, and of what."""

from io import StringIO

import pytest
from rich.console import Console

from bench.facts.slice import Role
from bench.progress.ending import RunEnd, RunOutcome
from bench.progress.plain import Lines, Quiet
from tests.build.slices import OPEN
from tests.progress.made import COURSE, Clock, done


def console() -> Console:
    """One that writes to a file, in an environment that asks for colours."""
    return Console(file=StringIO(), width=40, _environ={"FORCE_COLOR": "1", "TERM": "xterm"})


def written(console: Console) -> list[str]:
    """The lines so far."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.fixture
def to() -> Console:
    """Where a test writes."""
    return console()


def test_what_goes_on_is_a_line_every_five_seconds(now: Clock, to: Console) -> None:
    """Phases, launches and slices together."""
    lines = Lines(to, COURSE)
    for _ in range(100):
        lines.phase("self-test")
        lines.launching("uvicorn", 1)
        lines.measured(done(load=OPEN, ended_s=30.0))
        lines.between()
        now.go_on(0.2)
    assert len(written(to)) == 4


@pytest.mark.usefixtures("now")
def test_the_first_phase_of_a_kind_is_never_left_out(to: Console) -> None:
    """Gates that begin right after another line may take long; more of them are seldom told."""
    lines = Lines(to, COURSE)
    for what in ("self-test", "gate: uvicorn", "gate: granian"):
        lines.phase(what)
    assert written(to) == ["self-test", "gate: uvicorn"]


@pytest.mark.usefixtures("now")
def test_a_slice_is_told_with_the_time_that_is_left(to: Console) -> None:
    """In one line, however narrow a console is elsewhere."""
    Lines(to, COURSE).measured(done("granian", OPEN, ended_s=30.0))
    assert written(to) == ["round 1 of 5: granian, get_item, in open loop, 4:30 left"]


def test_the_time_left_is_what_the_rest_takes_when_that_is_known(now: Clock, to: Console) -> None:
    """Rounds for a precision end before the budget does."""
    lines = Lines(to, COURSE)
    lines.measured(done(ended_s=30.0))
    lines.known(1, {"granian": 2.7, "daphne": 0.5}, 60.0)
    now.go_on(5)
    lines.measured(done(ended_s=40.0, role=Role.WARM_UP, round=6))
    known = "granian's ratio is known to within a factor of 3.7, daphne's is known to within 50.0%"
    assert written(to)[1:] == [
        f"after round 1: {known}; 1:00 left",
        "round 6: uvicorn, get_item, warming up, 0:50 left",
    ]


@pytest.mark.usefixtures("now")
def test_notes_troubles_and_rounds_are_never_left_out(to: Console) -> None:
    """They are said once."""
    lines = Lines(to, COURSE)
    lines.note("no gate")
    lines.waiting("daphne", "not ready after 10 s")
    lines.server_failed("daphne", "did not start")
    lines.known(1, {}, 60.0)
    assert written(to) == [
        "no gate",
        "daphne: not ready after 10 s",
        "daphne: did not start",
        "after round 1: no differences can be shown yet; 1:00 left",
    ]


@pytest.mark.usefixtures("now")
def test_there_are_no_control_codes(to: Console) -> None:
    """Not even those that a server has said; and what looks like markup is text."""
    Lines(to, COURSE).server_failed("daphne", "died; it last said: \x1b[31m[red]\r\x07Error")
    assert written(to) == ["daphne: died; it last said:  [31m[red]  Error"]


@pytest.mark.usefixtures("now")
def test_an_interruption_says_what_is_kept(to: Console) -> None:
    """And before anything was measured, that there is nothing."""
    Lines(to, COURSE).ended(RunEnd(RunOutcome.INTERRUPTED, 130))
    Lines(to, COURSE).ended(RunEnd(RunOutcome.FINISHED, 0))
    assert written(to) == ["interrupted before anything was measured; all servers were stopped"]


def test_quiet_says_troubles_alone(to: Console) -> None:
    """And what is kept of a run that was interrupted."""
    quiet = Quiet(to)
    quiet.phase("self-test")
    quiet.note("no gate")
    quiet.launching("daphne", 1)
    quiet.waiting("daphne", "not ready after 10 s")
    quiet.measured(done())
    quiet.between()
    quiet.known(1, {"daphne": 0.1}, 1.0)
    quiet.ended(RunEnd(RunOutcome.FINISHED, 0))
    assert written(to) == []
    quiet.server_failed("daphne", "did not start")
    quiet.ended(RunEnd(RunOutcome.INTERRUPTED, 130))
    assert written(to) == [
        "daphne: did not start",
        "interrupted before anything was measured; all servers were stopped",
    ]
