"""The command group, and how errors become exit codes."""

import errno
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import click
from rich.console import Console

from bench import __version__
from bench.cli.exit_codes import HARNESS, INTERRUPTED, USAGE
from bench.cli.interrupts import InterruptedRunError, stop_with_parent
from bench.cli.threads import leave
from bench.errors import HarnessError, RunFailedError, UsageError
from bench.suggestion import did_you_mean
from servers.errors import ConflictError, ProfileError, ServerError

COMMANDS: Final = {
    "run": "Compare servers under the same load and write a report.",
    "init": "Write a workload file, for you to edit.",
    "serve": "Run the API, or your own app, under one server.",
    "report": "Rewrite the reports of a run from its folder.",
    "compare": "Compare two runs by their folders.",
    "history": "Show each figure over all runs below a folder.",
    "capacity": "Find the highest rate at which each server meets an SLO.",
    "regress": "Fail if head is worse than base.",
    "selftest": "Test the measurement on this machine against known answers.",
    "calibrate": "Compare the load generator with httpx, wrk, h2load and oha.",
    "evidence": "Test each comparison method on known differences.",
    "prepare": "Build the servers' environments in advance.",
}
"""Each stands in the module of its name; its own help begins as it does here."""
_OTHER_NAMES: Final = {"bench": "run"}
"""Of commands elsewhere: nox has a session of that name."""
_EVENTS: Final = "--json-events"
_SHOWN: Final = 200  # characters of a file's name

_errors = Console(stderr=True)


class _Commands(click.Group):
    """Imports a command when it is called or asked for its help: most take a second to import.

    Help lists them in the order of the table: the most used first.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's own
        """Names, not sorted."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, from its module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bench.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names. Raises UsageError, with what may be meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            name = args[0]
            meant = did_you_mean(_OTHER_NAMES.get(name, name), COMMANDS)
            raise click.UsageError(f"No such command '{name}'{meant}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Names and what they do, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="weighbridge")
def cli() -> None:
    """Compare the servers that can run a FastAPI app.

    Starts one app under every server, verifies that each responds correctly, puts each under the
    same load, and reports latency, throughput, CPU and memory with their uncertainty.
    """


def main(name: str | None = None) -> NoReturn:
    """Run a command; an error that the user can fix is one line, not a traceback.

    name: of the program, as its help shows it; None: as it was started.
    """
    before = threading.enumerate()
    try:
        _run(name)
    except SystemExit as ending:
        if isinstance(ending.code, int):
            leave(ending.code, before)
        raise


def _run(name: str | None) -> NoReturn:
    stop_with_parent()
    try:
        cli.main(prog_name=name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        raise SystemExit(USAGE) from None
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        _leave(USAGE, _in_words(error) + hint)
    except (UsageError, ProfileError, ConflictError) as error:
        _leave(USAGE, str(error))
    except RunFailedError as error:
        _leave(HARNESS, str(error), error.folder)
    except (HarnessError, ServerError) as error:
        _leave(HARNESS, str(error))
    except OSError as error:
        code = USAGE if error.errno == errno.ENAMETOOLONG else HARNESS
        where = f" {_shortened(str(error.filename))!r}" if error.filename else ""
        _leave(code, f"cannot read or write{where}: {error.strerror or error}")
    except click.exceptions.Exit as error:
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, InterruptedRunError, click.Abort):
        _leave(INTERRUPTED)
    raise SystemExit(0)


def _in_words(error: click.UsageError) -> str:
    """What was wrong; of an option that is the beginning of others, these alone are suggested."""
    if isinstance(error, click.NoSuchOption):
        longer = [each for each in error.possibilities or () if each.startswith(error.option_name)]
        if longer:
            meant = " or ".join(f"'{each}'" for each in longer)
            return f"No such option '{error.option_name}': did you mean {meant}?"
    return error.format_message()


def _shortened(name: str) -> str:
    """A file's name; what was given may never have been meant as one."""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."


def _leave(code: int, message: str | None = None, folder: Path | None = None) -> NoReturn:
    """Exit after saying why: in one line, or as the last event under --json-events."""
    if _EVENTS in sys.argv:
        from bench.progress.ending import RunEnd, RunOutcome  # noqa: PLC0415 - nobody else needs it here
        from bench.progress.events import Events  # noqa: PLC0415

        how = RunOutcome.INTERRUPTED if message is None else RunOutcome.FAILED
        Events(sys.stderr).ended(RunEnd(how, code, folder, error=message))
    elif message is not None:
        _errors.print(f"weighbridge: {message}", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)
