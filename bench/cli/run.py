"""`run`: compare servers and write a report."""

from collections.abc import Collection
from copy import copy
from pathlib import Path
from typing import Any, Final

import click

from bench.cli.asked import (
    DEFAULT_ROUNDS,
    GET_ITEM,
    QUICK_BUDGET_S,
    QUICK_ROUNDS,
    SEEDS,
    asked,
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
"""Options that change nothing of what is measured, and are not taken from a run that goes on."""


@click.command()
@click.option(
    "--servers",
    metavar="A,B",
    help="Servers to compare; uvicorn==0.35.0 adds that version.  [default: the seven; for "
    "an app that is WSGI alone, six WSGI servers]",
)
@profile_option
@click.option(
    "--app",
    metavar="MODULE:ATTRIBUTE",
    help="An ASGI app of your own; 'MODULE:FUNCTION()' where a function makes it.",
)
@click.option(
    "--wsgi-app",
    metavar="MODULE:ATTRIBUTE",
    help="A WSGI app of your own: the same as --app, for WSGI servers, or alone.",
)
@click.option(
    "--app-dir",
    metavar="DIR",
    type=PATH,
    help="The folder of --app: it is imported from there, and servers start there.  "
    "[default: here]",
)
@click.option(
    "--copy",
    is_flag=True,
    help="Start each server in a fresh copy of that folder: for an app that writes to it.",
)
@click.option(
    "--isolated",
    is_flag=True,
    help="Start each server of --app in a fresh, empty folder, as those of the items app are.",
)
@click.option(
    "--requirements",
    metavar="FILE",
    type=PATH,
    help="What --app needs installed: a requirements file, pyproject.toml, uv.lock, poetry.lock or "
    "Pipfile.lock; 'none' for nothing.  [default: found in the app's folder]",
)
@click.option(
    "--extra",
    "extras",
    metavar="NAME",
    multiple=True,
    help="An extra of that pyproject.toml or lock, installed too; repeatable.",
)
@click.option(
    "--group",
    "groups",
    metavar="NAME",
    multiple=True,
    help="A group of that pyproject.toml or lock, installed too; repeatable.",
)
@click.option(
    "--app-env",
    metavar="NAME=VALUE",
    multiple=True,
    help="A variable that --app needs under every server; repeatable. {n} in it is the server's "
    "number in the run, from 0, and {free_port} a port that nobody has.",
)
@click.option(
    "--env-file",
    "env_files",
    type=PATH,
    metavar="FILE",
    multiple=True,
    help="Such variables from a file like .env; --app-env overrides them; repeatable.",
)
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Measure each server with and without this setting of the app, as cache=lru; repeatable. "
    "Sets ITEMS_NAME, or for --app the variable NAME. A relative path in it is in the folder that "
    "servers start in.",
)
@click.option(
    "--ready",
    metavar="PATH",
    help="What is asked until it is answered by 200: then a server is ready.  [default: the "
    "workload's first GET, with its headers]",
)
@click.option(
    "--start-timeout",
    "start_timeout_s",
    type=DURATION,
    metavar="60s",
    help="How long a server may take until it is ready, and --app to be imported.  [default: "
    f"{START_LIMIT_S:.0f}s]",
)
@click.option(
    "--tests",
    metavar="PATH",
    help="The suite to gate with; 'none' skips the gate. --app needs one of them.  [default: "
    "tests/test_items.py]",
)
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="NAME|FILE.py",
    help=f"{', '.join(BUILT_IN)}, or a file of your own, which --app needs; repeatable.  "
    f"[default: {GET_ITEM}]",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="What a --workload is called in titles, charts and file names; one for each, in their "
    "order.  [default: the name of its file]",
)
@click.option(
    "--rate",
    type=RATE,
    default="auto",
    show_default=True,
    help="Requests a second, the same for all; auto: half of what the slowest can answer.",
)
@click.option(
    "--arrivals",
    type=click.Choice([each.value for each in Arrivals]),
    default=Arrivals.POISSON.value,
    show_default=True,
    help="How requests are spaced at that rate.",
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
    help="One server at a time: for an app that opens a port of its own, or needs the machine. "
    "Nothing is compared piece by piece, so intervals are wider.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    help=f"Fresh starts of every server.  [default: {DEFAULT_ROUNDS}]",
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="5m",
    help="Time for all rounds together, launches included.  [default: 5m; 30m with --precision]",
)
@click.option(
    "--precision",
    type=PRECISION,
    metavar="2%",
    help="Add rounds, of the servers that need them, until no interval against the baseline is "
    "wider than this to either side, or the budget is spent.",
)
@click.option(
    "--quick",
    is_flag=True,
    help=f"{QUICK_ROUNDS} short rounds in {QUICK_BUDGET_S:.0f} s: a first look, wide intervals.",
)
@click.option(
    "--baseline",
    metavar="NAME",
    help="The server the others are compared with.  [default: uvicorn, else "
    "gunicorn-gthread, else the first]",
)
@click.option(
    "--client",
    type=click.Choice([each.value for each in Client]),
    default=Client.WIRE.value,
    show_default=True,
    help="What sends: our own connections; for reference, httpx over them, or stock httpx.",
)
@click.option(
    "--generator-cores",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Cores that send, each a share of one plan; for servers faster than one core can load.",
)
@click.option(
    "--selftest/--no-selftest",
    default=True,
    show_default=True,
    help="Let the instrument prove itself first, in 10 s; its result heads the report.",
)
@click.option(
    "--against-itself/--not-against-itself",
    default=True,
    show_default=True,
    help="Measure the baseline twice, to see whether this run tells it from itself (A/A).",
)
@click.option(
    "--seed",
    type=click.IntRange(0, SEEDS - 1),
    metavar="N",
    help="Of the order of slices and of arrivals.  [default: drawn, and recorded]",
)
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="The run's folder, which must be new.  [default: results/TIME]",
)
@click.option(
    "--resume",
    type=PATH,
    metavar="DIR",
    help="Go on with a run that was interrupted; other options are as it was started with.",
)
@click.option("--quiet", is_flag=True, help="Tell of troubles and errors alone, while it runs.")
@click.option(
    "--json-events",
    is_flag=True,
    help="Tell programs what goes on: one JSON object a line, on standard error.",
)
@format_option
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Compare servers and write a report."""
    from bench.commands import resume  # noqa: PLC0415
    from bench.commands.run import compare_servers  # noqa: PLC0415

    folder: Path | None = given["resume"]
    formats = given.pop("formats")
    if folder is None:
        raise SystemExit(compare_servers(asked(given), formats))
    if not _given_beside(ctx, (*_NOT_OF_THE_RUN, "formats")):
        words = resume.recorded_arguments(folder)
        now = {name: given[name] for name in _NOT_OF_THE_RUN}
        given = run.make_context("run", words, parent=ctx.parent).params | now
        recorded = given.pop("formats")
        formats = formats if is_given(ctx, "formats") else recorded
    if given["seed"] is None:
        given["seed"] = resume.recorded_seed(folder)
    raise SystemExit(resume.resume_run(folder, asked(given), formats))


def _given_beside(ctx: click.Context, names: Collection[str]) -> bool:
    """Whether any other option was given."""
    return any(is_given(ctx, other) for other in ctx.params if other not in names)


def of_run(*names: str, **helps: str) -> list[click.Parameter]:
    """The parameters of these names, for another command that has them too.

    `helps`: what is said of some of them there.
    """
    return [_saying(each, helps.get(each.name or "")) for each in run.params if each.name in names]


def _saying(parameter: click.Parameter, words: str | None) -> click.Parameter:
    if words is None or not isinstance(parameter, click.Option):
        return parameter
    other = copy(parameter)
    other.help = words
    return other
