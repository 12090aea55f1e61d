"""`evidence --counted-gate`: what is in a folder is cut into gates and judged; what it refuses."""

import re
from pathlib import Path

import pytest

from bench.cli import counted_gate
from bench.cli.interrupts import InterruptedRunError
from bench.facts import journal
from tests.build.counted import counted, starts_of
from tests.end_to_end.program import run_here

NEAR = tuple(1 + 0.0002 * (number % 3 - 1) for number in range(12))
LINE = r"{head} +(\d+) +(\d+) +(\d+) +0\.\d\d%"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve starts of base, and of a head that takes half a per cent more."""
    facts = counted(*starts_of("base", 500_000, NEAR), *starts_of("head", 502_500, NEAR))
    place = tmp_path / "evidence" / "run"
    place.mkdir(parents=True)
    journal.write_manifest(place, facts.manifest)
    with journal.Journal(place) as notes:
        for each in facts.counts:
            notes.write(each)
    return place.parent


def judged(folder: Path, *more: str) -> tuple[int, str, str]:
    """What `--of` says of it."""
    done = run_here("evidence", "--of", str(folder), "--counted-gate", *more)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("starts", "gates"), [(6, 2), (3, 4)])
def test_gates_of_so_many_starts_each(starts: int, gates: int, folder: Path) -> None:
    """None of the unchanged fails, each with the loop does; all starts say how large it is."""
    code, said, _ = judged(folder, "20", "--rounds", str(starts))
    assert code == 0
    for head, found in (("unchanged", 0), ("with the loop", gates)):
        line = re.search(LINE.format(head=head), said)
        assert line is not None, said
        assert [int(each) for each in line.groups()] == [gates, found, found]
    assert "by all 12 starts of base and 12 of head: +0.50%" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["1", "--rounds", "13"], "with 13 starts of either side: make one"),
        (["1", "--planted", "1%"], "--planted cannot be used with --of"),
    ],
)
def test_what_cannot_be_judged(arguments: list[str], why: str, folder: Path) -> None:
    """One line, exit code 2."""
    code, said, error = judged(folder, *arguments)
    assert (code, said, len(error.splitlines())) == (2, "", 1)
    assert why in error


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--counted-gate", "1", "--gate", "1"], "--gate cannot be used with --counted-gate"),
        (["--planted", "1%"], "--planted needs --counted-gate"),
    ],
)
def test_what_does_not_go_together(arguments: list[str], why: str, tmp_path: Path) -> None:
    """Nothing is begun."""
    done = run_here("evidence", *arguments, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert why in done.stderr
    assert not (tmp_path / "out").exists()


def test_interrupted_before_the_first_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is counted how many turns of the loop are needed: nothing is kept."""

    async def stopped(*_: object) -> int:
        raise InterruptedRunError

    monkeypatch.setattr(counted_gate, "loops_for", stopped)
    done = run_here("evidence", "--counted-gate", "1", "--out", str(tmp_path / "out"))
    assert done.returncode == 130
    assert "interrupted before the first gate" in done.stderr
    assert not (tmp_path / "out").exists()
