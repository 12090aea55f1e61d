"""README.md and docs/own-app.md say what is true: commands exist, links lead somewhere."""

import re
import shlex
from pathlib import Path

import click
import pytest

from bench.cli import cli

ROOT = Path(__file__).parent.parent
README = "README.md"
PAGES = (README, "docs/own-app.md")
SESSIONS = {
    name: re.search(rf"def {name}\(.*?harness\(session, \"(\w+)\"\)", text, re.DOTALL)
    for text in re.split(r"(?=@nox\.session)", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    for name in re.findall(r"^def (\w+)\(session", text, re.MULTILINE)
}


def text_of(page: str) -> str:
    """A page as it is written."""
    return (ROOT / page).read_text(encoding="utf-8")


def commands(page: str = README) -> list[str]:
    """Every call of nox or of the program, in blocks and within the text."""
    text = text_of(page)
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`((?:nox -s|python -m bench) [^`]+)`", text)
    found = [
        line
        for line in (*lines, *spans)
        if re.search(r"\bnox (?:-f \S+ )?-s |python -m bench ", line)
    ]
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
    assert all(len(commands(page)) > least for page, least in zip(PAGES, (25, 8), strict=True))


@pytest.mark.parametrize("command", sorted({c for page in PAGES for c in commands(page)}))
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


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Those within the repository: to files, and to headings of the pages."""
    targets = re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", text_of(page))
    assert len(targets) > 1
    for name, heading in targets:
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), name
        if heading and file.suffix == ".md":
            assert heading[1:] in anchors(file.read_text(encoding="utf-8")), name + heading


def anchors(text: str) -> set[str]:
    """What headings are linked by."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings}


REFERENCE = ROOT / "results" / "reference"


def test_the_table_on_top_is_that_of_the_reference_run() -> None:
    """Line by line, with what that run says against itself: nobody mends a figure by hand."""
    block = text_of(README).split("<!-- reference -->")[1].split("<!-- end of reference -->")[0]
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
