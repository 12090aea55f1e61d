"""What the program calls itself."""

import sys
from pathlib import Path

import pytest

from bench.system import program


@pytest.mark.parametrize(
    ("started", "words"),
    [
        ("/home/ann/.local/bin/weighbridge", ("weighbridge",)),
        ("/src/weighbridge.py", ("weighbridge",)),
        ("/src/bench/__main__.py", ("python", "-m", "bench")),
    ],
)
def test_how_it_was_started(
    started: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run's command is recorded as it can be given again."""
    monkeypatch.setattr(sys, "argv", [started, "run"])
    assert program.invoked_as() == words


def test_lines_to_copy_in_a_checkout() -> None:
    """They call nox."""
    assert program.call("run", "--resume", Path("results/a b")) == (
        "nox -s bench -- --resume 'results/a b'"
    )
    assert program.call("regress") == "nox -s regress"


def test_lines_to_copy_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They call the program: there is no noxfile."""
    monkeypatch.setattr(program, "ROOT", tmp_path)
    assert program.call("run", "--resume", "results/x") == "weighbridge run --resume results/x"
    assert program.call("regress") == "weighbridge regress"
