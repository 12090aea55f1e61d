"""README.md says what is true: its commands exist, and its links lead somewhere."""

import re
import shlex
from pathlib import Path

import click
import pytest

from bench.cli import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = {
    name: re.search(rf"def {name}\(.*?harness\(session, \"(\w+)\"\)", text, re.DOTALL)
    for text in re.split(r"(?=@nox\.session)", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    for name in re.findall(r"^def (\w+)\(session", text, re.MULTILINE)
}


def commands() -> list[str]:
    """Every call of nox or of the program, in blocks and within the text."""
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`((?:nox -s|python -m bench) [^`]+)`", README)
    found = [line for line in (*lines, *spans) if re.search(r"\bnox -s |python -m bench ", line)]
    return sorted(set(found))


def arguments(command: str) -> tuple[str, list[str]] | None:
    """The program's command and arguments behind a line; None where there are none."""
    words = [word for word in shlex.split(command.rpartition("&& ")[2]) if word != "&"]
    if "python -m bench" in command:
        name, *rest = words[words.index("bench") + 1 :]
        return name, rest
    session = words[words.index("-s") + 1]
    assert session in SESSIONS, f"there is no session '{session}'"
    behind = SESSIONS[session]
    rest = words[words.index("--") + 1 :] if "--" in words else []
    return (behind.group(1), rest) if behind and rest else None


def test_commands_are_found() -> None:
    """The others of this file look at something."""
    assert len(commands()) > 25


@pytest.mark.parametrize("command", commands())
def test_every_command_is_one_that_the_program_takes(command: str) -> None:
    """Sessions, commands and options exist, and values are of their kind."""
    found = arguments(command)
    if found is None or found[0] == "COMMAND":
        return
    name, rest = found
    known = cli.commands[name]
    try:
        known.make_context(
            name, ["results" if word in {"A", "B", "DIR"} else word for word in rest]
        )
    except click.exceptions.Exit as left:  # --help
        assert left.exit_code == 0  # noqa: PT017
    except click.BadParameter as error:
        assert "does not exist" in str(error)  # noqa: PT017  # a file of the reader's own


def test_links_lead_to_files() -> None:
    """Those within the repository."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README)
    assert len(targets) > 1
    for target in targets:
        assert (ROOT / target).exists(), target


REFERENCE = ROOT / "results" / "reference"


def test_the_table_on_top_is_that_of_the_reference_run() -> None:
    """Line by line, with what that run says against itself: nobody mends a figure by hand."""
    block = README.partition("<!-- reference -->")[2].partition("<!-- end of reference -->")[0]
    shown = {line for line in block.splitlines() if line.startswith(("|", "> **"))}
    report = (REFERENCE / "report.md").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("|") for line in shown) > 3
    assert shown <= set(report)
    assert {line for line in report if line.startswith("> **")} <= shown


@pytest.mark.parametrize("name", ["report.md", "report.html", "summary.csv", "summary.json"])
def test_the_reference_run_names_no_place_of_the_machine_it_was_made_on(name: str) -> None:
    """It is for everybody to read: nobody else has these folders."""
    text = (REFERENCE / name).read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text)
