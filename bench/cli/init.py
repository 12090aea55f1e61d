"""`init`: write a workload file, for the user to edit, from requests that were named."""

import shlex
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from bench.cli.app_search import with_found_app
from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import MEASURED
from bench.cli.interrupts import run_interruptible
from bench.cli.measuring import resolved
from bench.cli.request_parameters import REQUEST_NAMES
from bench.cli.run_options import names_requests, options_from
from bench.cli.run_parameters import of_run
from bench.cli.values import PATH
from bench.errors import UsageError
from bench.formatting import plural
from bench.progress.listener import ProgressListener
from bench.progress.plain import Lines
from bench.progress.words import RoundWords, RunOutline
from bench.run.before_load.preparation import prepared
from bench.run.before_load.right_answers import asked
from bench.run.context import Candidate
from bench.run.request.options import NO_SUITE, Options
from bench.run.request.resolve import RunRequest
from bench.system.program import invoked_as
from bench.workloads.requests.program import MOST_REQUESTS, program
from bench.workloads.requests.request_set import RequestSet
from bench.workloads.secrets import recordable
from servers.apps.settings import masked

_ASKED: Final = tuple(name for name in REQUEST_NAMES if name != "check")


@click.command(
    params=of_run(
        "app", "wsgi_app", "app_dir", "copy", "isolated", "requirements", "extras", "groups",
        "app_env", "env_files", "ready", "start_timeout_s", *_ASKED,
    )
)  # fmt: skip
@click.argument("file", required=False, type=PATH, default="load.py", metavar="[FILE.py]")
@click.option(
    "--server", metavar="NAME", help="Server to ask.  [default: uvicorn, else a WSGI one]"
)
def init(*, file: Path, server: str | None, **given: Any) -> None:
    """Write a workload file, for you to edit, from requests that you name.

    The app is asked first, and the file demands the answers that it gave. FILE.py is load.py
    unless you name it; an existing file is not overwritten. The file has no secrets: it reads them
    from the environment.
    """
    _refuse(file)
    if not names_requests(given):
        raise UsageError(
            "init needs to know what is sent: --path /, --urls FILE, --curl 'curl ...', --openapi; "
            "'weighbridge init --help' has the others"
        )
    every = {**given, "servers": server, "profiles": (), "workloads": (), "tests": NO_SUITE}
    raise SystemExit(write_workload(options_from(with_found_app(every, "asked")), file))


def write_workload(options: Options, file: Path) -> int:
    """Ask the app, and write the file. Raises UsageError, ServerError and HarnessError."""
    wanted = _of_one_server(resolved(options))
    logs = Path(tempfile.mkdtemp(prefix="weighbridge-init-"))
    progress = Lines(stderr(), RunOutline(RoundWords(1), 0.0))
    found = run_interruptible(_answered(wanted, logs, progress))
    shutil.rmtree(logs, ignore_errors=True)  # only now: what failed is in them
    sets = tuple(found.values())
    count = sum(len(each.requests) for each in sets)
    if count > MOST_REQUESTS:
        raise UsageError(
            f"{count:,} requests are too many for a file to edit, which has {MOST_REQUESTS} "
            "at most: give 'run' the same options instead, or name fewer"
        )
    command = shlex.join([*invoked_as(), *masked(recordable(sys.argv[1:]))])
    _write(file, program(sets, command))
    run = [*invoked_as(), "run", *_app_arguments(options), "--workload", str(file)]
    line = shlex.join(run)
    stdout().print(
        f"Written to {file}: {plural(count, 'request')}. Edit it, then: {line}",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    return MEASURED


def _refuse(file: Path) -> None:
    """Refuse a file before anything is started. Raises UsageError."""
    if file.suffix != ".py":
        raise UsageError(f"'{file}' is no name of a workload file: give one that ends with .py")
    if file.exists():
        raise UsageError(f"'{file}' exists, and is not overwritten: name another file")


def _of_one_server(wanted: RunRequest) -> RunRequest:
    """The same with the one server that is asked."""
    (profile,) = [each for each in wanted.profiles if each.name == wanted.baseline]
    return replace(wanted, profiles=(profile,), left_out=(), twin=None)


async def _answered(
    wanted: RunRequest, logs: Path, progress: ProgressListener
) -> dict[str, RequestSet]:
    """What is sent, with the app's answers to it, by label."""
    ready = await prepared(wanted, logs, progress)
    (profile,) = ready.wanted.profiles
    app = ready.wanted.app_of(profile)
    server = Candidate(profile, app, ready.environments[profile.name])
    sources = ready.wanted.sources
    sets = {label: each for label, each in sources.items() if isinstance(each, RequestSet)}
    return await asked(sets, ready.wanted, server, logs, progress)


def _app_arguments(options: Options) -> list[str]:
    """What names the app on a command line."""
    if not options.own_app:
        return []
    named = {"--app": options.app, "--wsgi-app": options.wsgi_app, "--app-dir": options.app_dir}
    given = [word for name, value in named.items() if value for word in (name, str(value))]
    return [*given, "--tests", NO_SUITE]


def _write(file: Path, text: str) -> None:
    """Write a file that is not there. Raises UsageError where it has come to be meanwhile."""
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise UsageError(f"'{file}' exists, and is not overwritten: name another file") from error
