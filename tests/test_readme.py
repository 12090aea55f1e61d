"""README.md and docs/*.md say what is true: commands and options exist, links lead somewhere."""

import re
import shutil
from pathlib import Path

import click
import pytest

from bench.cli import cli
from tests.pages import PAGES, README, ROOT, arguments, commands, text_of
from tests.readme_refresh import REFERENCE, REPORT, adopt, reference_table, refreshed

README_MOST_BYTES = 10_000
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
FOREIGN_OPTIONS = {
    "--base-url": "pytest-base-url",
    "--build": "docker compose",
    "--build-arg": "docker",
    "--compressed": "curl",
    "--daemon": "gunicorn",
    "--data-binary": "curl",
    "--data-raw": "curl",
    "--data-urlencode": "curl",
    "--fast": "the server of an example",
    "--forwarded-allow-ips": "uvicorn",
    "--from": "uvx",
    "--proxy-headers": "uvicorn",
    "--retry": "curl",
    "--python": "pipx",
    "--retry-connrefused": "curl",
    "--save": "redis-server",
    "--target": "docker",
    "--uds": "uvicorn",
    "--bind": "the server of an example",
    "--cert": "the server of an example",
    "--http": "the server of an example",
    "--key": "the server of an example",
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


def test_the_top_of_the_readme_is_that_of_the_reference_run() -> None:
    """Picture, table, warnings and quoted figures: nobody mends one by hand."""
    report = REPORT.read_text(encoding="utf-8")
    assert refreshed(text_of(README), report) == (text_of(README), [])
    assert reference_table(report).count("\n") == 9  # the heading, the rule, and the seven
    assert reference_table(report) in text_of(README)


def test_what_is_of_another_run_is_brought_up_to_date() -> None:
    """Whatever of it differs, and however often it is asked for."""
    report = REPORT.read_text(encoding="utf-8")
    other = report.replace("1,900 requests/s", "2,500 requests/s").replace("uwsgi", "unit")
    for quoted, other_figure in (
        (r"exact to\n([\d.]+ ms \(p50\))", "0.5 ms (p50)"),
        (r"\(ratio ([\d.]+ \([\d.]+)", "9.18 (9.03"),
        (r"is ([\d.]+ to [\d.]+%), depending", "4.0 to 5.0%"),
    ):
        found = re.search(quoted, text_of(README))
        assert found is not None
        other = other.replace(found[1], other_figure)
    other = other.replace("charts/latency-", "charts/latency-a-")
    other = f"> **A/A check failed**: uvicorn differs from itself.\n\n{other}"
    changed, by_hand = refreshed(text_of(README), other)
    assert by_hand == []
    for words in (
        "![Response time: get_item at 2,500 requests/s](results/reference/charts/latency-a-",
        "The items app at 2,500 requests/s", "exact to\n0.5 ms (p50)", "(ratio 9.18 (9.03",
        "4.0 to 5.0%, depending", " | unit | ", "\n\n> **A/A check failed**",
    ):  # fmt: skip
        assert words in changed
    assert refreshed(changed, other) == (changed, [])
    assert refreshed(changed, report) == (text_of(README), [])


def test_a_sentence_that_quotes_nothing_of_the_run_is_named() -> None:
    """It is a person's to write: what was measured this time decides what it says."""
    report = REPORT.read_text(encoding="utf-8").replace("in exposures", "elsewhere")
    assert refreshed(text_of(README), report)[1] == ["the ratio of exposures"]


def test_reports_of_a_run_take_the_place_of_the_reference_runs(tmp_path: Path) -> None:
    """Its facts are left where they are, and no chart of the other run stays."""
    run, reference = tmp_path / "run", tmp_path / "reference"
    shutil.copytree(REFERENCE, run)
    shutil.copytree(REFERENCE, reference)
    (run / "report.md").write_text("new", encoding="utf-8")
    (run / "journal.jsonl").touch()
    (run / "charts" / "memory.svg").unlink()
    adopt(run, reference)
    assert (reference / "report.md").read_text(encoding="utf-8") == "new"
    assert not (reference / "journal.jsonl").exists()
    assert not (reference / "charts" / "memory.svg").exists()


@pytest.mark.parametrize("name", ["report.md", "report.html", "summary.csv", "summary.json"])
def test_the_reference_run_names_no_place_of_the_machine_it_was_made_on(name: str) -> None:
    """It is for everybody to read: nobody else has these folders."""
    text = (REFERENCE / name).read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text)
