"""Which progress display is chosen where."""

from io import StringIO

import pytest
from click.testing import CliRunner
from rich.console import Console

from bench.cli import cli, resume
from bench.progress.events import Events
from bench.progress.listener import phases_before, progress_listener
from bench.progress.live import Display
from bench.progress.plain import Lines, Quiet
from bench.progress.style import ProgressStyle
from bench.run.request.options import Options
from tests.progress.made import COURSE


class Tty(StringIO):
    """A file that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It lies."""
        return True


class Latin(Tty):
    """A terminal that cannot show a bar."""

    encoding = "iso-8859-1"


@pytest.mark.parametrize(
    ("style", "file", "environment", "expected"),
    [
        (ProgressStyle.SHOWN, Tty(), {"TERM": "xterm"}, Display),
        (ProgressStyle.SHOWN, Tty(), {"TERM": "dumb"}, Lines),
        (ProgressStyle.SHOWN, Latin(), {"TERM": "xterm"}, Lines),
        (ProgressStyle.SHOWN, StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"}, Lines),
        (ProgressStyle.QUIET, Tty(), {"TERM": "xterm"}, Quiet),
        (ProgressStyle.EVENTS, Tty(), {"TERM": "xterm"}, Events),
    ],
)
def test_a_display_is_for_terminals_that_can_show_it(
    style: ProgressStyle, file: StringIO, environment: dict[str, str], expected: type
) -> None:
    """Unless something else was asked for; asking for colours makes no terminal."""
    console = Console(file=file, _environ=environment)
    with progress_listener(style, console, COURSE) as tell:
        assert isinstance(tell, expected)


def test_a_run_that_goes_on_is_told_as_is_asked_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """How it was told before is of no account, and asking is no other argument of the run."""
    asked: list[Options] = []

    def resumed(_folder: object, options: Options, _formats: object) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(resume, "recorded_arguments", lambda _: ["--rate", "700", "--quiet"])
    monkeypatch.setattr(resume, "recorded_seed", lambda _: 5)
    monkeypatch.setattr(resume, "resume_run", resumed)

    done = CliRunner().invoke(cli, ["run", "--resume", "results/x", "--json-events"])

    assert done.exit_code == 0, done.output
    (options,) = asked
    assert (options.rate, options.seed, options.progress_style) == (700, 5, ProgressStyle.EVENTS)


@pytest.mark.parametrize(
    ("style", "said"),
    [
        (ProgressStyle.SHOWN, "reading a.log, 105 MB\n"),
        (ProgressStyle.QUIET, ""),
        (ProgressStyle.EVENTS, '"what":"reading a.log, 105 MB"}\n'),
    ],
)
def test_what_comes_before_a_run_is_known(style: ProgressStyle, said: str) -> None:
    """It is said in the same way as what comes later."""
    file = StringIO()
    phases_before(style, Console(file=file))("reading a.log, 105 MB")
    assert file.getvalue().replace('": "', '":"').endswith(said)
    assert bool(file.getvalue()) == bool(said)
