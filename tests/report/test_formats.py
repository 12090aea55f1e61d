"""`--format`: which reports of a run are written."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.analysis.capacity.summary import summarize as summarize_capacity
from bench.analysis.summary import summarize
from bench.cli import cli, regress
from bench.cli.report import report, write_again
from bench.cli.run import run
from bench.errors import UsageError
from bench.report.files import FORMATS, OF_CAPACITY, files, of_capacity, write, write_capacity
from bench.report.formats import Format, formats
from tests.build.capacity import capacity_facts
from tests.build.compared import on_disk
from tests.build.runs import small

FILES = {
    Format.MD: {"report.md"},
    Format.HTML: {"report.html"},
    Format.CSV: {"summary.csv"},
    Format.JSON: {"summary.json"},
    Format.JUNIT: {"junit.xml"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run, not reported yet."""
    return on_disk(tmp_path / "run", small())


def reports(folder: Path) -> set[str]:
    """What stands in a folder beside the facts."""
    facts = {"manifest.json", "journal.jsonl"}
    return {path.name for path in folder.iterdir()} - facts


def test_every_format_is_written_by_somebody() -> None:
    """What can be asked for can be made."""
    assert set(FORMATS) == set(Format)


@pytest.mark.parametrize("name", FILES)
def test_one_format_alone_is_one_file(name: Format) -> None:
    """Nothing else is made."""
    assert set(files(summarize(small()), [name])) == FILES[name]


def test_charts_alone_are_charts_alone() -> None:
    """As many SVG as PNG."""
    names = list(files(summarize(small()), [Format.CHARTS]))
    assert all(name.startswith("charts/") for name in names)
    assert {sum(name.endswith(end) for name in names) for end in (".svg", ".png")} == {
        len(names) // 2
    }


def images(markdown: str) -> list[str]:
    """The files that a report shows."""
    lines = markdown.splitlines()
    return [line.partition("](")[2].rstrip(")") for line in lines if line.startswith("![")]


def test_markdown_alone_has_no_images() -> None:
    """It refers to no chart that is not written."""
    made = files(summarize(small()), [Format.MD])
    assert images(made["report.md"].decode()) == []


def test_what_was_written_is_named_and_shown(tmp_path: Path) -> None:
    """Folders with a slash, the report first; each chart that it shows is there."""
    named = write(small(), tmp_path, [Format.CHARTS, Format.CSV, Format.MD]).names
    assert named == ("report.md", "summary.csv", "charts/")
    shown = images((tmp_path / "report.md").read_text(encoding="utf-8"))
    assert shown
    assert [name for name in shown if not (tmp_path / name).exists()] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("md", (Format.MD,)),
        ("csv,json", (Format.CSV, Format.JSON)),
        (" junit , charts ", (Format.JUNIT, Format.CHARTS)),
    ],
)
def test_formats_are_listed_by_commas(text: str, expected: tuple[Format, ...]) -> None:
    """Blanks around them are forgiven."""
    assert formats(text) == expected


@pytest.mark.parametrize("text", ["", "pdf", "md,pdf", "md,", "MD"])
def test_an_unknown_format_names_the_known_ones(text: str) -> None:
    """Whichever of a list it is."""
    with pytest.raises(ValueError, match=r"is unknown; known: md, .*csv, json, junit, charts"):
        formats(text)


@pytest.mark.parametrize("command", [["run"], ["report", "."]])
def test_an_unknown_format_is_a_usage_error(command: list[str]) -> None:
    """Before anything is read or started."""
    done = CliRunner().invoke(cli, [*command, "--format", "pdf"])
    assert done.exit_code == 2
    assert "format 'pdf' is unknown; known: md, " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], tuple(Format)),
        (["--format", "json,md", "--format", "md"], (Format.JSON, Format.MD)),
    ],
)
def test_it_is_repeatable_and_all_unless_named(
    arguments: list[str], expected: tuple[Format, ...]
) -> None:
    """Each once."""
    for command, words in ((run, []), (report, ["."])):
        context = command.make_context(command.name, [*words, *arguments])
        assert context.params["formats"] == expected


def test_help_names_every_format() -> None:
    """And that charts are shown only where they are written."""
    said = " ".join(CliRunner().invoke(cli, ["report", "--help"]).output.split())
    assert ", ".join(Format) in said
    assert "md shows charts only if they are written too" in said


def test_the_documentation_names_every_format() -> None:
    """Where it tells of --format."""
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    said = text.partition("- `--format")[2].partition("\n- ")[0]
    assert [name for name in Format if f"`{name}`" not in said] == []


def test_report_writes_what_was_asked_for_and_shows_the_figures(folder: Path) -> None:
    """The report on the terminal is always there."""
    done = CliRunner().invoke(cli, ["report", str(folder), "--format", "csv,junit"])
    assert done.exit_code == 0
    assert "get_item at 2,400 requests/s" in done.stdout
    assert reports(folder) == {"summary.csv", "junit.xml"}


def test_report_writes_everything_unless_told_otherwise(folder: Path) -> None:
    """A file a format, and the charts."""
    assert write_again(folder) == 0
    assert reports(folder) == {"charts", *(name for names in FILES.values() for name in names)}


def test_a_regression_has_one_junit() -> None:
    """Its verdict's, which CI gates with."""
    assert set(Format) - set(regress.FORMATS) == {Format.JUNIT}


def test_a_capacity_has_its_own_reports(tmp_path: Path) -> None:
    """Each is chosen by the same name; where none of those is one of its, it says which are."""
    facts = capacity_facts()
    summary = summarize_capacity(facts)
    assert set(of_capacity(summary, [Format.CSV, Format.JUNIT])) == {"capacity.csv"}
    assert b"![" not in of_capacity(summary, [Format.MD])["capacity.md"]
    with pytest.raises(UsageError, match=r"--format junit: .* it has: md, html, csv, json, charts"):
        write_capacity(facts, tmp_path, [Format.JUNIT])
    assert set(OF_CAPACITY) <= set(Format)
    assert not list(tmp_path.iterdir())
