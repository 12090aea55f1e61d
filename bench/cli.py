"""The command line: options in, exit codes out.

Exit codes: 0 measured; 1 a server failed its gate, did not start, or died; 2 wrong usage;
3 the harness could not do its work; 130 interrupted.
"""

import secrets
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from rich.console import Console

from bench import __version__, options
from bench.commands.interrupts import INTERRUPTED, stop_with_parent
from bench.domain import Arrivals, Client
from bench.errors import HarnessError, RunFailedError, UsageError
from bench.workloads import BUILT_IN
from servers.errors import ProfileError, ServerError
from servers.settings import masked

USAGE: Final = 2
MACHINE: Final = 3

DEFAULT_BUDGET_S: Final = 300.0
DEFAULT_ROUNDS: Final = 5
REGRESS_ROUNDS: Final = 6
NO_GATE: Final = "none"
PRECISION_BUDGET_S: Final = 1800.0
STAGE: Final = 1 / 3  # of a budget, for the rounds from which a precision reckons, at the most
QUICK_BUDGET_S: Final = 40.0
QUICK_ROUNDS: Final = 3
_SEEDS: Final = 2**31
_EVENTS: Final = "--json-events"
_NOT_OF_THE_RUN: Final = ("resume", "quiet", "json_events")
"""Options that change nothing of what is measured, and are not taken from a run that goes on."""

_errors = Console(stderr=True)


class _Parsed(click.ParamType[Any]):
    """An option that is read by a function which raises ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


_RATE = _Parsed("N|auto", options.rate)
_PRECISION = _Parsed("N%", options.precision)
_DURATION = _Parsed("duration", options.duration_s)
_FORMATS = _Parsed("formats", options.formats)
_PATH = click.Path(path_type=Path)


def _every_format(
    _ctx: click.Context, _param: click.Parameter, named: tuple[tuple[options.Format, ...], ...]
) -> tuple[options.Format, ...]:
    """Those that were named, each once; all where none was."""
    return tuple(dict.fromkeys(each for some in named for each in some)) or tuple(options.Format)


_format = click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="A,B",
    type=_FORMATS,
    callback=_every_format,
    help=f"Reports to write, of {', '.join(options.Format)}; repeatable. md shows charts only "
    "where they are written beside it.  [default: all]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="weighbridge")
def cli() -> None:
    """Compare the servers that can run a FastAPI app.

    Starts one app under every server, proves that each answers rightly, puts each under the same
    load, and reports latency, throughput, CPU and memory with their uncertainty.
    """


@cli.command()
@click.option(
    "--servers",
    metavar="A,B",
    help="Servers to compare; uvicorn==0.35.0 adds that version.  [default: the seven]",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="FILE",
    type=_PATH,
    help="A server of your own, in TOML; repeatable.",
)
@click.option(
    "--app",
    metavar="MODULE:ATTRIBUTE",
    help="An ASGI app of your own; 'MODULE:FUNCTION()' where a function makes it.",
)
@click.option("--wsgi-app", metavar="MODULE:ATTRIBUTE", help="The same app for WSGI servers.")
@click.option(
    "--app-dir",
    metavar="DIR",
    type=_PATH,
    help="The folder that --app is imported from.  [default: here]",
)
@click.option("--requirements", metavar="FILE", type=_PATH, help="What --app needs installed.")
@click.option(
    "--app-env",
    metavar="NAME=VALUE",
    multiple=True,
    help="A variable that --app needs under every server; repeatable.",
)
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Measure each server with and without this setting of the app, as cache=lru; repeatable. "
    "Sets ITEMS_NAME, or for --app the variable NAME. A relative path in it is in the fresh, empty "
    "folder that each server is started in.",
)
@click.option(
    "--tests",
    metavar="PATH",
    help="The suite to gate with; 'none' skips the gate.  [default: tests/test_items.py]",
)
@click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="NAME|FILE.py",
    default=("get_item",),
    show_default=True,
    help=f"{', '.join(BUILT_IN)}, or a file of your own; repeatable.",
)
@click.option(
    "--rate",
    type=_RATE,
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
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    help=f"Fresh starts of every server.  [default: {DEFAULT_ROUNDS}]",
)
@click.option(
    "--budget",
    type=_DURATION,
    metavar="5m",
    help="Time for all rounds together, launches included.  [default: 5m; 30m with --precision]",
)
@click.option(
    "--precision",
    type=_PRECISION,
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
    help="The server the others are compared with.  [default: uvicorn, else the first]",
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
    type=click.IntRange(0, _SEEDS - 1),
    metavar="N",
    help="Of the order of slices and of arrivals.  [default: drawn, and recorded]",
)
@click.option(
    "--out",
    type=_PATH,
    metavar="DIR",
    help="The run's folder, which must be new.  [default: results/TIME]",
)
@click.option(
    "--resume",
    type=_PATH,
    metavar="DIR",
    help="Go on with a run that was interrupted; other options are as it was started with.",
)
@click.option("--quiet", is_flag=True, help="Tell of troubles and errors alone, while it runs.")
@click.option(
    "--json-events",
    is_flag=True,
    help="Tell programs what goes on: one JSON object a line, on standard error.",
)
@_format
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Compare servers and write a report."""
    # they load the charts' library
    from bench.commands import resume  # noqa: PLC0415
    from bench.commands.run import compare_servers  # noqa: PLC0415

    folder: Path | None = given["resume"]
    formats = given.pop("formats")
    if folder is None:
        raise SystemExit(compare_servers(_options(given), formats))
    if not _given_beside(ctx, (*_NOT_OF_THE_RUN, "formats")):
        words = resume.recorded_arguments(folder)
        now = {name: given[name] for name in _NOT_OF_THE_RUN}
        given = run.make_context("run", words, parent=ctx.parent).params | now
        recorded = given.pop("formats")
        formats = formats if _is_given(ctx, "formats") else recorded
    if given["seed"] is None:
        given["seed"] = resume.recorded_seed(folder)
    raise SystemExit(resume.resume_run(folder, _options(given), formats))


def _is_given(ctx: click.Context, name: str) -> bool:
    """Whether an option was given on the command line."""
    return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _given_beside(ctx: click.Context, names: Collection[str]) -> bool:
    """Whether any other option was given."""
    return any(_is_given(ctx, other) for other in ctx.params if other not in names)


def _options(given: dict[str, Any]) -> options.Options:
    """The options of `run`, defaults filled in that depend on each other."""
    quick = given.pop("quick")
    rounds, budget_s = given.pop("rounds"), given.pop("budget")
    fixed_s = QUICK_BUDGET_S if quick else DEFAULT_BUDGET_S
    if budget_s is None:
        budget_s = fixed_s if given["precision"] is None else PRECISION_BUDGET_S
    seed = given.pop("seed")
    workloads = [name for text in given.pop("workloads") for name in text.split(",")]
    telling = _telling(quiet=given.pop("quiet"), json_events=given.pop("json_events"))
    return options.Options(
        **{key: value for key, value in given.items() if key not in {"arrivals", "client"}},
        workloads=tuple(workloads),
        arrivals=Arrivals(given["arrivals"]),
        client=Client(given["client"]),
        rounds=rounds or (QUICK_ROUNDS if quick else DEFAULT_ROUNDS),
        stage_s=budget_s if given["precision"] is None else min(budget_s * STAGE, fixed_s),
        budget_s=budget_s,
        seed=secrets.randbelow(_SEEDS) if seed is None else seed,
        command=("python", "-m", "bench", *masked(sys.argv[1:])),
        telling=telling,
    )


def _telling(*, quiet: bool, json_events: bool) -> options.Telling:
    """How to tell what goes on. Raises UsageError where two ways were asked for."""
    if quiet and json_events:
        raise UsageError("--quiet and --json-events exclude each other: give one of them")
    if quiet:
        return options.Telling.QUIET
    return options.Telling.EVENTS if json_events else options.Telling.SHOWN


_OF_REGRESS: Final = {
    "profiles", "app", "wsgi_app", "app_dir", "app_env", "requirements", "tests", "workloads",
    "rate", "connections", "workers", "against_itself", "selftest", "seed", "out", "quiet",
    "json_events",
}  # fmt: skip


_NOT_OF_REGRESS: Final[dict[str, Any]] = {
    "quick": False, "precision": None, "resume": None, "baseline": None, "app_settings": (),
    "generator_cores": 1, "arrivals": Arrivals.POISSON.value, "client": Client.WIRE.value,
}  # fmt: skip


@cli.command(params=[each for each in run.params if each.name in _OF_REGRESS])
@click.option(
    "--base",
    required=True,
    metavar="SIDE",
    help="What head is compared with: a commit, a folder, uvicorn==0.35.0, cache=lru, or bare.",
)
@click.option("--head", default=".", show_default=True, metavar="SIDE", help="The same for head.")
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--tolerance",
    type=_PRECISION,
    default="5%",
    show_default=True,
    metavar="N%",
    help="How much worse a figure may be: what is shown and larger fails.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=REGRESS_ROUNDS,
    show_default=True,
    metavar="N",
    help="Fresh starts of both sides.",
)
@click.option(
    "--budget", type=_DURATION, default="90s", show_default=True, help="Time for all rounds."
)
@click.option("--junit", type=_PATH, metavar="FILE", help="Write the verdict as JUnit XML, too.")
def regress(
    *, base: str, head: str, server: str, tolerance: float, junit: Path | None, **given: Any
) -> None:
    """Fail if head is shown to be worse than base, both measured side by side on this machine.

    Two commits of the app, two versions of a server, or two settings. Exit code 1 only for a
    difference in CPU a request, throughput, median response time or failures that is both shown
    and larger than what is tolerated.
    """
    from bench.commands.regress import Asked  # noqa: PLC0415
    from bench.commands.regress import regress as command  # noqa: PLC0415

    asked = Asked(base, head, tolerance, junit)
    raise SystemExit(command(asked, _options({**given, **_NOT_OF_REGRESS, "servers": server})))


_OF_EVIDENCE: Final = {"connections", "selftest", "seed", "out"}
_NOT_OF_EVIDENCE: Final[dict[str, Any]] = {
    "app": None, "wsgi_app": None, "app_dir": None, "requirements": None, "rate": None,
    "baseline": None, "precision": None, "resume": None,
    "profiles": (), "app_settings": (), "tests": NO_GATE, "workloads": ("get_item",),
    "workers": 1, "generator_cores": 1, "against_itself": False, "quick": False, "quiet": False,
    "json_events": False,
    "arrivals": Arrivals.POISSON.value, "client": Client.WIRE.value,
}  # fmt: skip


@cli.command(params=[each for each in run.params if each.name in _OF_EVIDENCE])
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    metavar="N",
    help="Runs of five copies of the server and three that are slowed by a known share.",
)
@click.option(
    "--rounds", type=click.IntRange(3, 100), default=DEFAULT_ROUNDS, show_default=True, metavar="N"
)
@click.option("--budget", type=_DURATION, default="5m", show_default=True, help="Of each run.")
@click.option("--of", type=_PATH, metavar="DIR", help="Judge the runs there; measure nothing.")
@click.option(
    "--gate",
    type=click.IntRange(1, 100),
    metavar="N",
    help="In place of all that: run the regression gate N times on an unchanged head, and N times "
    "on one that is slower by 10 %.",
)
def evidence(*, server: str, runs: int, of: Path | None, gate: int | None, **given: Any) -> None:
    """Try each way of comparing where it is known what differs: on this machine, and simulated.

    Prints for each how often a server is told from itself, the smallest difference that it could
    have shown, and how often planted differences of 3, 5 and 10 % were found. Half an hour.
    """
    from bench.commands.evidence import gather, judge, try_gate  # noqa: PLC0415

    if of is not None:
        raise SystemExit(judge(of))
    asked = _options({**given, **_NOT_OF_EVIDENCE, "servers": server})
    raise SystemExit(gather(asked, runs) if gate is None else try_gate(asked, gate))


@cli.command()
@click.argument("server", required=False, metavar="[NAME]")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="FILE",
    type=_PATH,
    help="A server of your own, in TOML; repeatable.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--reload", is_flag=True, help="Load changed code again, where the server can.")
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the app, as cache=lru; sets ITEMS_NAME; repeatable.",
)
def serve(
    *,
    server: str | None,
    profiles: tuple[Path, ...],
    host: str,
    port: int,
    workers: int,
    reload: bool,
    app_settings: tuple[str, ...],
) -> None:
    """Run the API under one server; without a name, list them."""
    from bench.commands import serve as command  # noqa: PLC0415
    from servers.app import items_app  # noqa: PLC0415
    from servers.serve import Reload  # noqa: PLC0415

    if server is None:
        raise SystemExit(command.list_servers(profiles))
    wanted = command.ServeOptions(
        server, profiles, items_app(), host, port, workers, Reload(reload), app_settings
    )
    raise SystemExit(command.serve(wanted))


@cli.command()
@click.option("--servers", metavar="A,B", help="Servers that will be run.  [default: the seven]")
def prepare(servers: str | None) -> None:
    """Build the environments of servers, so that nothing is left to install."""
    from bench.commands import prepare as command  # noqa: PLC0415

    raise SystemExit(command.prepare(servers))


@cli.command()
@click.argument("folder", metavar="DIR", type=_PATH)
@_format
def report(folder: Path, formats: tuple[options.Format, ...]) -> None:
    """Write the reports of a run again, from its folder; no server is needed."""
    from bench.commands.report import write_again  # noqa: PLC0415

    raise SystemExit(write_again(folder, formats))


@cli.command()
@click.argument("first", metavar="A", type=_PATH)
@click.argument("second", metavar="B", type=_PATH)
@click.option(
    "--anyway",
    is_flag=True,
    help="Compare although machine, app or load differ; it is said on top.",
)
@click.option(
    "--out",
    multiple=True,
    metavar="FILE",
    type=_PATH,
    help="Write the comparison too, to a file that ends in .md, .csv or .json; repeatable.",
)
def compare(first: Path, second: Path, *, anyway: bool, out: tuple[Path, ...]) -> None:
    """Compare two runs, from their folders: every figure of B over that of A."""
    from bench.commands.compare import compare_runs  # noqa: PLC0415

    raise SystemExit(compare_runs(first, second, out, anyway=anyway))


@cli.command()
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option("--figure", metavar="NAME", help="Only this one, as throughput_rps.  [default: all]")
@click.option("--out", metavar="DIR2", type=_PATH, help="Where to write.  [default: DIR/history]")
def history(folder: Path, figure: str | None, out: Path | None) -> None:
    """Follow each figure through all runs below a folder, and mark where it has changed."""
    from bench.commands.history import follow  # noqa: PLC0415 - it loads the charts' library

    raise SystemExit(follow(folder, figure, out))


@cli.command()
@click.option(
    "--servers",
    metavar="A,B|none",
    help="Where to compare, beside a null server.  [default: the seven]",
)
@click.option(
    "--slices",
    type=click.IntRange(2, 200),
    default=8,
    show_default=True,
    metavar="N",
    help="Slices of about a second for each client and server.",
)
@click.option("--connections", type=click.IntRange(1, 1000), default=32, show_default=True)
@click.option(
    "--soak",
    type=_DURATION,
    metavar="1h",
    help="In place of all that: load the null server for so long, and watch the memory.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1, options.MOST_RATE),
    default=5000,
    show_default=True,
    metavar="N",
    help="Requests a second of --soak.",
)
@click.option(
    "--out",
    type=_PATH,
    metavar="DIR",
    help="The folder of --soak, which must be new.  [default: results/soak-TIME]",
)
def calibrate(
    *,
    servers: str | None,
    slices: int,
    connections: int,
    soak: float | None,
    rate: float,
    out: Path | None,
) -> None:
    """Compare the load generator with httpx, wrk, h2load and oha, in alternating slices.

    On a null server and on uvicorn (or the first of --servers) all of them that are installed,
    on the others ours and wrk. It takes about four and a half minutes as it is; with
    `--servers none` one.
    """
    from bench.commands.calibrate import compare_clients  # noqa: PLC0415
    from bench.commands.soak import soak_generator  # noqa: PLC0415

    if soak is not None:
        raise SystemExit(soak_generator(soak, rate, connections, out))
    raise SystemExit(compare_clients(servers, slices, connections))


@cli.command()
@click.option(
    "--short", is_flag=True, help="What `run` asks of the instrument before it measures: 10 s."
)
def selftest(*, short: bool) -> None:
    """Let the instrument prove itself on this machine: known answers, in about a minute."""
    from bench.commands.selftest import prove  # noqa: PLC0415
    from bench.selftest import Form  # noqa: PLC0415

    raise SystemExit(prove(Form.SHORT if short else Form.FULL))


_OF_CAPACITY: Final = {
    "servers", "profiles", "app", "wsgi_app", "app_dir", "app_env", "requirements", "app_settings",
    "tests", "workloads", "workers", "generator_cores", "selftest", "seed", "out", "quiet",
    "json_events",
}  # fmt: skip
_NOT_OF_CAPACITY: Final[dict[str, Any]] = {
    "rate": None, "rounds": 1, "quick": False, "baseline": None, "precision": None, "resume": None,
    "against_itself": False, "arrivals": Arrivals.POISSON.value, "client": Client.WIRE.value,
}  # fmt: skip


@cli.command(params=[each for each in run.params if each.name in _OF_CAPACITY])
@click.option(
    "--slo",
    required=True,
    metavar="CLAUSES",
    help='What must hold, as "p95<50ms, failures<0.1%"; also avg<5ms.',
)
@click.option(
    "--budget",
    type=_DURATION,
    metavar="2m",
    help="Time of load on each server.  [default: 2m, or what slices for the SLO take]",
)
@click.option(
    "--resolution",
    default="3%",
    show_default=True,
    metavar="N%",
    help="How close the highest rate that passes and the lowest that fails are to come.",
)
@click.option(
    "--overload-s",
    type=click.FloatRange(0.5, 60),
    default=3.0,
    show_default=True,
    metavar="N",
    help="How long 1.5 times the capacity is offered in the end.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    default=128,
    show_default=True,
    metavar="N",
    help="Keep-alive connections to each server. A request that finds none free is the server's.",
)
def capacity(
    *, slo: str, budget: float | None, resolution: str, overload_s: float, **given: Any
) -> None:
    """Find the highest rate at which each server holds an SLO, and see it overloaded."""
    from bench.capacity import aim  # noqa: PLC0415 - it loads the charts' library
    from bench.commands.capacity import find_capacity  # noqa: PLC0415

    wanted = aim.resolved(slo, aim.resolution(resolution), budget, overload_s)
    asked = _options({**given, **_NOT_OF_CAPACITY, "budget": wanted.budget_s})
    raise SystemExit(find_capacity(asked, wanted))


def main() -> NoReturn:
    """Run a command; what the user can mend is one line, not a traceback."""
    stop_with_parent()
    try:
        cli.main(standalone_mode=False)
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        _leave(USAGE, error.format_message() + hint)
    except (UsageError, ProfileError) as error:
        _leave(USAGE, str(error))
    except RunFailedError as error:
        _leave(MACHINE, str(error), error.folder)
    except (HarnessError, ServerError) as error:
        _leave(MACHINE, str(error))
    except OSError as error:
        where = f" '{error.filename}'" if error.filename else ""
        _leave(MACHINE, f"cannot read or write{where}: {error.strerror or error}")
    except click.exceptions.Exit as error:
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, click.Abort):
        _leave(INTERRUPTED)
    raise SystemExit(0)


def _leave(code: int, message: str | None = None, folder: Path | None = None) -> NoReturn:
    """Say why, in a line or as the last of the events that were asked for; then end."""
    if _EVENTS in sys.argv:
        from bench.progress import End, Ending, Events  # noqa: PLC0415 - it loads scipy

        how = End.INTERRUPTED if message is None else End.FAILED
        Events(sys.stderr).ended(Ending(how, code, folder, error=message))
    elif message is not None:
        _errors.print(f"weighbridge: {message}", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)
