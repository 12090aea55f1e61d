"""`run`: compare servers and write a report."""

from collections.abc import Collection
from copy import copy
from pathlib import Path
from typing import Any, Final

import click

from bench.cli.run_options import (
    DEFAULT_ROUNDS,
    GET_ITEM,
    QUICK_BUDGET_S,
    QUICK_ROUNDS,
    SEEDS,
    options_from,
)
from bench.cli.values import (
    DURATION,
    PATH,
    PRECISION,
    RATE,
    format_option,
    is_given,
    profile_option,
)
from bench.facts.load import Arrivals, Client
from bench.workloads import BUILT_IN
from servers.patience import START_LIMIT_S

_NOT_OF_THE_RUN: Final = ("resume", "quiet", "json_events")
"""Options that do not affect what is measured; --resume does not restore them."""


@click.command()
@click.option(
    "--servers",
    metavar="A,B",
    help="Servers to compare; uvicorn==0.35.0 adds that version.  [default: the seven ASGI "
    "servers; six WSGI servers if only --wsgi-app is given]",
)
@profile_option
@click.option(
    "--app",
    metavar="MODULE:ATTRIBUTE",
    help="Your ASGI app; 'MODULE:FUNCTION()' for an app factory.",
)
@click.option(
    "--wsgi-app",
    metavar="MODULE:ATTRIBUTE",
    help="Your WSGI app: the same app as --app, for the WSGI servers; or on its own.",
)
@click.option(
    "--app-dir",
    metavar="DIR",
    type=PATH,
    help="Folder that --app is imported from and servers start in.  [default: the current folder]",
)
@click.option(
    "--copy",
    is_flag=True,
    help="Start each server in a fresh copy of --app-dir: for an app that writes to its folder.",
)
@click.option(
    "--isolated",
    is_flag=True,
    help="Start each server in a fresh, empty folder, as for the items app.",
)
@click.option(
    "--requirements",
    metavar="FILE",
    type=PATH,
    help="Dependencies of --app: a requirements file, pyproject.toml, uv.lock, poetry.lock or "
    "Pipfile.lock; 'none' for no dependencies.  [default: found in the app's folder]",
)
@click.option(
    "--extra",
    "extras",
    metavar="NAME",
    multiple=True,
    help="Extra of that pyproject.toml or lock file to install as well; repeatable.",
)
@click.option(
    "--group",
    "groups",
    metavar="NAME",
    multiple=True,
    help="Dependency group of that pyproject.toml or lock file to install as well; repeatable.",
)
@click.option(
    "--app-env",
    metavar="NAME=VALUE",
    multiple=True,
    help="Environment variable for --app under every server; repeatable. {n} is replaced by the "
    "server's number in the run (from 0), {free_port} by an unused port.",
)
@click.option(
    "--env-file",
    "env_files",
    type=PATH,
    metavar="FILE",
    multiple=True,
    help="Read environment variables from a .env file; --app-env overrides them; repeatable.",
)
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Measure each server with and without this setting of the app, such as cache=lru; "
    "repeatable. Sets the environment variable ITEMS_NAME, or NAME for --app. Relative paths are "
    "resolved in the folder that servers start in.",
)
@click.option(
    "--ready",
    metavar="PATH",
    help="Path to poll: a server is ready once it responds with 200.  [default: the workload's "
    "first GET, with its headers]",
)
@click.option(
    "--start-timeout",
    "start_timeout_s",
    type=DURATION,
    metavar="60s",
    help="Time limit for a server to become ready, and for importing --app.  [default: "
    f"{START_LIMIT_S:.0f}s]",
)
@click.option(
    "--tests",
    metavar="PATH",
    help="Test suite that gates each server before load; 'none' skips the gate. Required with "
    "--app.  [default: tests/test_items.py]",
)
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="NAME|FILE.py",
    help=f"What to send: {', '.join(BUILT_IN)}, or your own file (required with --app); "
    f"repeatable.  [default: {GET_ITEM}]",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="Name of a --workload in titles, charts and file names; one per workload, in the same "
    "order.  [default: its file name]",
)
@click.option(
    "--rate",
    type=RATE,
    default="auto",
    show_default=True,
    help="Requests per second offered to every server; auto: half of what the slowest can answer.",
)
@click.option(
    "--arrivals",
    type=click.Choice([each.value for each in Arrivals]),
    default=Arrivals.POISSON.value,
    show_default=True,
    help="Distribution of send times at that rate.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    default=32,
    show_default=True,
    metavar="N",
    help="Keep-alive connections to each server.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Worker processes of each server.",
)
@click.option(
    "--alone",
    is_flag=True,
    help="Run one server at a time: for an app that opens a port of its own or needs the whole "
    "machine. Servers are not compared piece by piece, so intervals are wider.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    help=f"Number of rounds; each starts every server afresh.  [default: {DEFAULT_ROUNDS}]",
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="5m",
    help="Total time for all rounds, launches included.  [default: 5m; 30m with --precision]",
)
@click.option(
    "--precision",
    type=PRECISION,
    metavar="2%",
    help="Add rounds for the servers that need them until no interval against the baseline is "
    "wider than this on either side, or the budget is spent.",
)
@click.option(
    "--quick",
    is_flag=True,
    help=f"{QUICK_ROUNDS} short rounds in {QUICK_BUDGET_S:.0f} s: a first look, wide intervals.",
)
@click.option(
    "--baseline",
    metavar="NAME",
    help="Server that the others are compared with.  [default: uvicorn, else gunicorn-gthread, "
    "else the first]",
)
@click.option(
    "--client",
    type=click.Choice([each.value for each in Client]),
    default=Client.WIRE.value,
    show_default=True,
    help="HTTP client that sends the load: the built-in one (wire) or, for reference, httpx on top "
    "of it, or stock httpx.",
)
@click.option(
    "--generator-cores",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="CPU cores that generate load, each sending part of one schedule; for servers faster than "
    "one core can load.",
)
@click.option(
    "--selftest/--no-selftest",
    default=True,
    show_default=True,
    help="Run a 10 s self-test of the measurement first; its result heads the report.",
)
@click.option(
    "--against-itself/--not-against-itself",
    default=True,
    show_default=True,
    help="A/A check: measure the baseline twice and test whether it differs from itself.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, SEEDS - 1),
    metavar="N",
    help="Random seed for slice order and arrival times.  [default: random, recorded in the run]",
)
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="Folder for the run; must be new.  [default: results/TIME]",
)
@click.option(
    "--resume",
    type=PATH,
    metavar="DIR",
    help="Continue an interrupted run with the options it was started with.",
)
@click.option("--quiet", is_flag=True, help="Print only warnings and errors during the run.")
@click.option(
    "--json-events",
    is_flag=True,
    help="Print progress for programs: one JSON object per line, on standard error.",
)
@format_option
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Compare servers under the same load and write a report."""
    from bench.commands import resume  # noqa: PLC0415
    from bench.commands.run import compare_servers  # noqa: PLC0415

    folder: Path | None = given["resume"]
    formats = given.pop("formats")
    if folder is None:
        raise SystemExit(compare_servers(options_from(given), formats))
    if not _any_given_besides(ctx, (*_NOT_OF_THE_RUN, "formats")):
        arguments = resume.recorded_arguments(folder)
        now = {name: given[name] for name in _NOT_OF_THE_RUN}
        given = run.make_context("run", arguments, parent=ctx.parent).params | now
        recorded = given.pop("formats")
        formats = formats if is_given(ctx, "formats") else recorded
    if given["seed"] is None:
        given["seed"] = resume.recorded_seed(folder)
    raise SystemExit(resume.resume_run(folder, options_from(given), formats))


def _any_given_besides(ctx: click.Context, names: Collection[str]) -> bool:
    """Whether any option other than these was given."""
    return any(is_given(ctx, other) for other in ctx.params if other not in names)


def of_run(*names: str, **helps: str) -> list[click.Parameter]:
    """The parameters of these names, for another command that shares them.

    `helps`: help texts that differ there, by parameter name.
    """
    chosen = [parameter for parameter in run.params if parameter.name in names]
    return [_with_help(parameter, helps.get(parameter.name or "")) for parameter in chosen]


def _with_help(parameter: click.Parameter, text: str | None) -> click.Parameter:
    if text is None or not isinstance(parameter, click.Option):
        return parameter
    changed = copy(parameter)
    changed.help = text
    return changed
