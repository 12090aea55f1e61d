"""The command group, and how errors become exit codes."""

import errno
import sys
from pathlib import Path
from typing import Final, NoReturn

import click
from rich.console import Console

from bench import __version__
from bench.cli.calibrate import calibrate
from bench.cli.capacity import capacity
from bench.cli.compare import compare
from bench.cli.evidence import evidence
from bench.cli.history import history
from bench.cli.prepare import prepare
from bench.cli.regress import regress
from bench.cli.report import report
from bench.cli.run import run
from bench.cli.selftest import selftest
from bench.cli.serve import serve
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, stop_with_parent
from bench.errors import HarnessError, RunFailedError, UsageError
from servers.errors import ConflictError, ProfileError, ServerError

USAGE: Final = 2
MACHINE: Final = 3
_EVENTS: Final = "--json-events"
_SHOWN: Final = 200  # characters of a file's name

_errors = Console(stderr=True)


class _InOrder(click.Group):
    """Help lists the commands in the order they were added: the most used first."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's own
        """Names, not sorted."""
        return list(self.commands)


@click.group(
    cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="weighbridge")
def cli() -> None:
    """Compare the servers that can run a FastAPI app.

    Starts one app under every server, verifies that each responds correctly, puts each under the
    same load, and reports latency, throughput, CPU and memory with their uncertainty.
    """


for _command in (
    *(run, serve, report, compare, history, capacity, regress),
    *(selftest, calibrate, evidence, prepare),
):
    cli.add_command(_command)


def main(name: str | None = None) -> NoReturn:
    """Run a command; an error that the user can fix is one line, not a traceback.

    name: of the program, as its help shows it; None: as it was started.
    """
    stop_with_parent()
    try:
        cli.main(prog_name=name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        raise SystemExit(USAGE) from None
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        _leave(USAGE, error.format_message() + hint)
    except (UsageError, ProfileError, ConflictError) as error:
        _leave(USAGE, str(error))
    except RunFailedError as error:
        _leave(MACHINE, str(error), error.folder)
    except (HarnessError, ServerError) as error:
        _leave(MACHINE, str(error))
    except OSError as error:
        code = USAGE if error.errno == errno.ENAMETOOLONG else MACHINE
        where = f" {_shortened(str(error.filename))!r}" if error.filename else ""
        _leave(code, f"cannot read or write{where}: {error.strerror or error}")
    except click.exceptions.Exit as error:
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, InterruptedRunError, click.Abort):
        _leave(INTERRUPTED)
    raise SystemExit(0)


def _shortened(name: str) -> str:
    """A file's name; what was given may never have been meant as one."""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."


def _leave(code: int, message: str | None = None, folder: Path | None = None) -> NoReturn:
    """Exit after saying why: in one line, or as the last event under --json-events."""
    if _EVENTS in sys.argv:
        from bench.progress import Events, RunEnd, RunOutcome  # noqa: PLC0415 - nobody else needs it here

        how = RunOutcome.INTERRUPTED if message is None else RunOutcome.FAILED
        Events(sys.stderr).ended(RunEnd(how, code, folder, error=message))
    elif message is not None:
        _errors.print(f"weighbridge: {message}", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)
