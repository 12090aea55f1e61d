"""README.md and docs/*.md say what is true: commands and options exist, links lead somewhere."""

import re
from pathlib import Path

import click
import pytest

from bench.cli import cli
from tests.pages import PAGES, README, ROOT, arguments, commands, text_of
from tests.reference_table import REPORT, reference_table

README_MOST_BYTES = 10_000
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
FOREIGN_OPTIONS = {
    "--base-url": "pytest-base-url",
    "--build": "docker compose",
    "--build-arg": "docker",
    "--daemon": "gunicorn",
    "--fast": "the server of an example",
    "--forwarded-allow-ips": "uvicorn",
    "--from": "uvx",
    "--json": "curl",
    "--proxy-headers": "uvicorn",
    "--retry": "curl",
    "--retry-connrefused": "curl",
    "--save": "redis-server",
    "--target": "docker",
    "--uds": "uvicorn",
    "--bind": "the server of an example",
}
"""Options in the documents that are those of other programs."""


def test_commands_are_found() -> None:
    """The others of this file look at something."""
    found = {page: len(commands(page)) for page in PAGES}
    assert found[README] > 12
    assert found["docs/commands.md"] > 25
    assert found["docs/own-app.md"] > 12
    assert sum(found.values()) > 75


@pytest.mark.parametrize("command", sorted({c for page in PAGES for c in commands(page)}))
def test_every_command_is_one_that_the_program_takes(command: str) -> None:
    """Sessions, commands and options exist, and values are of their kind."""
    found = arguments(command)
    if found is None:
        return
    name, rest = found
    known = cli.get_command(click.Context(cli), name)
    assert known is not None
    try:
        known.make_context(
            name, ["results" if word in {"A", "B", "DIR"} else word for word in rest]
        )
    except click.exceptions.Exit as left:  # --help
        assert left.exit_code == 0  # noqa: PT017
    except click.BadParameter as error:
        assert "does not exist" in str(error)  # noqa: PT017  # a file of the reader's own


OPTIONS = [
    {*each.opts, *each.secondary_opts}
    for name in cli.list_commands(click.Context(cli))
    if (command := cli.get_command(click.Context(cli), name)) is not None
    for each in command.params
    if isinstance(each, click.Option)
]
"""Of every command, each by its names: that which turns it on, and that which turns it off."""


@pytest.mark.parametrize("page", PAGES)
def test_options_that_are_named_exist(page: str) -> None:
    """Of one of the commands, unless they are known to be those of another program."""
    named = set(_OPTION.findall(text_of(page)))
    assert named <= set().union(*OPTIONS) | FOREIGN_OPTIONS.keys() | {"--help"}


def test_every_option_is_documented() -> None:
    """In one of the pages at least."""
    named = {name for page in PAGES for name in _OPTION.findall(text_of(page))}
    assert len(OPTIONS) > 100
    assert [names for names in OPTIONS if not names & named] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Those within the repository: to files, and to headings of the pages."""
    targets = re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", without_code(text_of(page)))
    for name, heading in targets:
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), name
        if heading and file.suffix == ".md":
            assert heading[1:] in anchors(file.read_text(encoding="utf-8")), name + heading


def test_links_are_found() -> None:
    """Every page but the words has some, and each page is linked from another."""
    linked = {
        name.rpartition("/")[2]
        for page in PAGES
        for name, _ in re.findall(r"\]\(([^)#:]+)(#[^)]*)?\)", text_of(page))
    }
    assert {Path(page).name for page in PAGES[1:]} <= linked


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    """Modules, tests and folders of the repository, as they are called today."""
    rooms = "app|bench|servers|tests|docs|examples|deploy|monitoring|requirements|.github"
    named = re.findall(rf"`((?:{rooms})/[\w./-]*)`", text_of(page).replace("NAME", "uvicorn"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def anchors(text: str) -> set[str]:
    """What headings are linked by."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings}


def without_code(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_the_readme_is_short() -> None:
    """It is read before anything else: what takes longer to say stands in docs/."""
    assert len(text_of(README).encode()) <= README_MOST_BYTES


REFERENCE = ROOT / "results" / "reference"


def test_the_table_on_top_is_that_of_the_reference_run() -> None:
    """Cell by cell, with what that run says against itself: nobody mends a figure by hand."""
    block = text_of(README).split("<!-- reference -->")[1].split("<!-- end of reference -->")[0]
    report = REPORT.read_text(encoding="utf-8")
    expected = reference_table(report)
    assert expected.count("\n") == 9  # the heading, the rule, and the seven
    assert expected in block
    shown = {line for line in block.splitlines() if line.startswith("> **")}
    assert {line for line in report.splitlines() if line.startswith("> **")} == shown


def test_figures_in_the_text_beside_the_table_are_those_of_the_reference_run() -> None:
    """How exact its times are, what it could have shown, and where exposures decided."""
    block = text_of(README).split("<!-- reference -->")[1].split("<!-- end of reference -->")[0]
    words = " ".join(block.split())
    report = REPORT.read_text(encoding="utf-8")
    for figures in (
        re.search(r"\d\S* ms \(p50\) and \S+ ms \(p99\)", report),
        re.search(r"[\d.]+ to [\d.]+%, depending on the server", report),
        re.search(r"(?<=in exposures )[\d.]+ \([^)]+\)", report),
    ):
        assert figures is not None
        assert figures[0] in words


@pytest.mark.parametrize("name", ["report.md", "report.html", "summary.csv", "summary.json"])
def test_the_reference_run_names_no_place_of_the_machine_it_was_made_on(name: str) -> None:
    """It is for everybody to read: nobody else has these folders."""
    text = (REFERENCE / name).read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text)
