"""The commands by their names, and help that is there at once."""

import subprocess
import sys

import click
import pytest

from bench.cli.main import COMMANDS, cli
from tests.end_to_end.program import ROOT

HEAVY = {"scipy", "pandas", "matplotlib", "numpy", "cattrs"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_loads_nothing_that_takes_a_second(arguments: list[str]) -> None:
    """No numbers are computed and no charts drawn to print it."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bench", *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()
    }
    assert "click" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_says_what_each_says_of_itself(name: str) -> None:
    """The same words, as far as they go; and it is called by the name that it is found by."""
    with click.Context(cli) as ctx:
        command = cli.get_command(ctx, name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").startswith(COMMANDS[name].rstrip("."))


def test_an_unknown_command_is_none() -> None:
    """Whatever modules there are beside those of the commands."""
    with click.Context(cli) as ctx:
        assert cli.get_command(ctx, "console") is None
