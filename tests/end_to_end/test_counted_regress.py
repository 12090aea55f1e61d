"""The regression gate by instructions from its command line: what it refuses."""

from pathlib import Path

import pytest

from tests.end_to_end.program import run_here


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "100"], "--rate says how sides are timed"),
        (["--new-connections", "--alone"], "--new-connections and --alone says"),
        (["--count", "cycles"], "'cycles' is not"),
    ],
)
def test_what_times_has_no_place(arguments: list[str], said: str, tmp_path: Path) -> None:
    """One line, and exit code 2."""
    command = ["regress", "--base", "bare", "--head", "cache=lru", "--count", "instructions"]
    done = run_here(*command, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_machine_without_a_counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that is missing is named, and nothing is begun; exit code 3."""
    monkeypatch.setattr("bench.counting.hardware.why_not", lambda: "none")
    monkeypatch.setattr("bench.counting.tool.shutil.which", lambda _: None)
    command = ["regress", "--base", "bare", "--head", "cache=lru", "--count", "instructions"]
    done = run_here(*command, cwd=tmp_path)
    assert done.returncode == 3
    [line] = done.stderr.splitlines()
    assert "install the package valgrind" in line
    assert list(tmp_path.iterdir()) == []
