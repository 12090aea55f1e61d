"""Events: each kind with what docs/commands.md says it carries."""

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from bench.facts.slice import Doubt, DoubtKind, Verdict
from bench.progress.ending import RunEnd, RunOutcome
from bench.progress.events import Events
from bench.system import clock
from tests.build.slices import OPEN
from tests.progress.made import done

AT = "2026-01-02T03:04:05.678+00:00"
STOLEN = Doubt(DoubtKind.STOLEN_CPU, 0.1)
SLICE = {
    "profile": "granian", "workload": "get_item", "mode": "open", "offered_rate": 2400.0,
    "connections": 32, "round": 1, "rotation": 1, "role": "exposure", "ended_s": 12.3457,
    "throughput_rps": 4.0, "cpu_us_per_request": 80.0, "verdict": "suspect",
    "doubts": ["stolen_cpu"],
}  # fmt: skip
TOLD: list[tuple[Callable[[Events], None], dict[str, Any]]] = [
    (lambda to: to.phase("gate: daphne"), {"kind": "phase", "what": "gate: daphne"}),
    (lambda to: to.note("é\x1b\n"), {"kind": "note", "what": "é\x1b\n"}),
    (lambda to: to.waiting("daphne", "x"), {"kind": "waiting", "profile": "daphne", "what": "x"}),
    (lambda to: to.launching("daphne", 2), {"kind": "launching", "profile": "daphne", "round": 2}),
    (
        lambda to: to.measured(
            done("granian", OPEN, ended_s=12.345678, verdict=Verdict.SUSPECT, doubts=(STOLEN,))
        ),
        {"kind": "measured", **SLICE},
    ),
    (
        lambda to: to.known(1, {"granian": 0.031, "daphne": float("inf")}, 60.0),
        {"kind": "known", "round": 1, "precision": {"granian": 0.031, "daphne": None},
         "left_s": 60.0},
    ),
    (
        lambda to: to.server_failed("daphne", "died"),
        {"kind": "troubled", "profile": "daphne", "trouble": "died"},
    ),
    (
        lambda to: to.ended(
            RunEnd(RunOutcome.INTERRUPTED, 130, Path("results/x"), 12, can_go_on=True)
        ),
        {"kind": "ended", "how": "interrupted", "exit_code": 130, "folder": "results/x",
         "slices": 12, "can_go_on": True, "error": None},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tell", "expected"), TOLD)
def test_an_event_is_a_line(
    tell: Callable[[Events], None], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its time and its kind."""
    monkeypatch.setattr(clock, "wall_iso", lambda: AT)
    stream = StringIO()

    tell(Events(stream))

    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("p50_ms", 1.0) == pytest.approx(1.0, rel=0.01)  # as exact as a histogram
    assert found == {"time": AT, **expected}


def test_what_is_absent_is_null() -> None:
    """Never 0, and never left out."""
    stream = StringIO()
    Events(stream).measured(done(cpu_ns=None))
    found = json.loads(stream.getvalue())
    assert found["mode"] == "closed"
    assert found["offered_rate"] is None
    assert found["cpu_us_per_request"] is None
    assert found["doubts"] == []


def test_between_slices_nothing_is_written() -> None:
    """All was told before."""
    stream = StringIO()
    Events(stream).between()
    assert stream.getvalue() == ""


class Gone(StringIO):
    """A pipe whose reader has ended."""

    def flush(self) -> None:
        """Fail as the system does."""
        raise BrokenPipeError


def test_a_reader_that_has_gone_does_not_end_the_run() -> None:
    """What it would have read is in the journal."""
    Events(Gone()).phase("self-test")


HEAVY = ("scipy", "matplotlib", "pandas", "jinja2")


def test_an_event_is_written_without_statistics_and_reports() -> None:
    """Who only tells what is going on does not wait until they are imported."""
    program = f"import sys, bench.progress; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"[]"]
