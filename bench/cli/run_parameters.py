"""The options of `run`, each described once; other commands take some of them from here.

Each is a field of `bench.run.request.options.Options` of the same name, where its default is.
"""

from copy import copy
from typing import Final

import click
from click import Option

from bench.cli.app_parameters import APP_PARAMETERS
from bench.cli.request_parameters import REQUEST_PARAMETERS
from bench.cli.run_options import GET_ITEM, QUICK_BUDGET_S, QUICK_ROUNDS, SEEDS, default_of
from bench.cli.values import DURATION, FORMATS, PATH, PRECISION, RATE, Named, ProtocolName
from bench.facts.load import DRAWN, Arrivals, Client
from bench.facts.settings import CountKind
from bench.report.formats import Format
from bench.run.request.protocols import DEFAULT_STREAMS
from bench.workloads.built_in import BUILT_IN


def _every_format(
    _ctx: click.Context, _param: click.Parameter, named: tuple[tuple[Format, ...], ...]
) -> tuple[Format, ...]:
    """Those that were named, each once; all if none was."""
    return tuple(dict.fromkeys(form for group in named for form in group)) or tuple(Format)


def _if_any(
    _ctx: click.Context, _param: click.Parameter, named: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Those that were named; None if none was."""
    return named or None


RUN_PARAMETERS: Final = (
    Option(
        ["--servers"],
        metavar="A,B",
        help="Servers to compare; uvicorn==0.35.0 adds that version.  [default: the seven "
        "servers; six WSGI servers if only --wsgi-app is given]",
    ),
    Option(
        ["--profile", "profiles"],
        multiple=True,
        metavar="FILE",
        type=PATH,
        help="Your own server, described in TOML; repeatable.",
    ),
    *APP_PARAMETERS,
    Option(
        ["--tests"],
        metavar="PATH",
        help="Test suite that gates each server before load; 'none' skips the gate. Required with "
        "--app and --workload, not with --path and its like.  [default: tests/test_items.py]",
    ),
    Option(
        ["--workload", "workloads"],
        multiple=True,
        metavar="NAME|FILE.py",
        help=f"What to send: {', '.join(BUILT_IN)}, or your own file; repeatable. --app "
        f"needs this or one of the next.  [default: {GET_ITEM}]",
    ),
    *REQUEST_PARAMETERS,
    Option(
        ["--name", "names"],
        multiple=True,
        metavar="NAME",
        help="Name of a workload in titles, charts and file names; one per workload: each "
        "--workload, then --path, --urls, --curl, --openapi, --access-log, --har, "
        "--http-file.  [default: its file name, or path]",
    ),
    Option(
        ["--rate"],
        type=RATE,
        default="auto",
        show_default=True,
        help="Requests per second offered to every server; auto: half of what the slowest can "
        "answer.",
    ),
    Option(
        ["--arrivals"],
        type=Named(Arrivals, DRAWN),
        help="Distribution of send times at that rate.  [default: those of --access-log, else "
        f"{default_of('arrivals')}]",
    ),
    Option(
        ["--replay-speed"],
        type=click.FloatRange(0.001, 1_000_000),
        metavar="X",
        help="Replay the busiest part of --access-log at the times in the log, X times as fast.  "
        "[default: 1, if that part has enough requests; else they are sent at --rate]",
    ),
    Option(
        ["--connections"],
        type=click.IntRange(1, 1000),
        default=default_of("connections"),
        show_default=True,
        metavar="N",
        help="Keep-alive connections to each server.",
    ),
    Option(
        ["--workers"],
        type=click.IntRange(1, 64),
        default=default_of("workers"),
        show_default=True,
        metavar="N",
        help="Worker processes of each server.",
    ),
    Option(
        ["--protocol", "protocols"],
        multiple=True,
        type=ProtocolName(),
        callback=_if_any,
        help="Protocol to measure over; repeatable, to compare protocols of one server. h2c: "
        "HTTP/2 without TLS; h2: over TLS; h3: HTTP/3. Servers that do not speak it are left out.  "
        "[default: what each profile's launch line speaks, mostly http/1.1]",
    ),
    Option(
        ["--streams"],
        type=click.IntRange(1, 100),
        metavar="N",
        help="Requests in flight on each connection over HTTP/2 and HTTP/3, for which "
        f"--connections counts streams.  [default: {DEFAULT_STREAMS}]",
    ),
    Option(
        ["--new-connections"],
        is_flag=True,
        default=None,
        help="Open a new connection for every request (http/1.1 and https/1.1 only), and report "
        "connections per second and the time to the first response. --connections is how many may "
        "be open at once.",
    ),
    Option(
        ["--resume-tls"],
        is_flag=True,
        default=None,
        help="With --new-connections over TLS: resume TLS sessions where the server allows it; "
        "the report says how many were resumed.",
    ),
    Option(
        ["--ca"],
        type=PATH,
        metavar="FILE",
        help="PEM file of certificate authorities to verify servers at https:// URLs with.",
    ),
    Option(
        ["--insecure"],
        is_flag=True,
        default=None,
        help="Do not verify the certificates of servers at https:// URLs; the report says so.",
    ),
    Option(
        ["--alone"],
        is_flag=True,
        help="Run one server at a time: for an app that opens a port of its own or needs the whole "
        "machine. Servers are not compared piece by piece, so intervals are wider.",
    ),
    Option(
        ["--rounds"],
        type=click.IntRange(1, 100),
        metavar="N",
        help="Number of rounds; each starts every server afresh.  "
        f"[default: {default_of('rounds')}]",
    ),
    Option(
        ["--budget"],
        type=DURATION,
        metavar="5m",
        help="Total time for all rounds, launches included.  [default: 5m; 30m with --precision]",
    ),
    Option(
        ["--precision"],
        type=PRECISION,
        metavar="2%",
        help="Add rounds for the servers that need them until no interval against the baseline is "
        "wider than this on either side, or the budget is spent.",
    ),
    Option(
        ["--quick"],
        is_flag=True,
        help=f"{QUICK_ROUNDS} short rounds in {QUICK_BUDGET_S:.0f} s: a first look, wide "
        "intervals.",
    ),
    Option(
        ["--count"],
        type=Named(CountKind),
        help="Also count the instructions that each server executes per request, after the "
        "measured rounds; noise on the machine does not affect them. Uses the CPU's counters where "
        "there are any, else valgrind, where a start takes 10 to 30 s.",
    ),
    Option(
        ["--baseline"],
        metavar="NAME",
        help="Server that the others are compared with.  [default: uvicorn, else gunicorn-gthread, "
        "else the first]",
    ),
    Option(
        ["--client"],
        type=Named(Client),
        default=str(default_of("client")),
        show_default=True,
        help="HTTP client that sends the load: the built-in one (wire) or, for reference, httpx "
        "on top of it, or stock httpx.",
    ),
    Option(
        ["--generator-cores"],
        type=click.IntRange(1, 64),
        default=default_of("generator_cores"),
        show_default=True,
        metavar="N",
        help="CPU cores that generate load, each sending part of one schedule; for servers faster "
        "than one core can load.",
    ),
    Option(
        ["--selftest/--no-selftest"],
        default=True,
        show_default=True,
        help="Run a short self-test of the measurement first; its result heads the report.",
    ),
    Option(
        ["--against-itself/--not-against-itself"],
        default=True,
        show_default=True,
        help="A/A check: measure the baseline twice and test whether it differs from itself.",
    ),
    Option(
        ["--seed"],
        type=click.IntRange(0, SEEDS - 1),
        metavar="N",
        help="Random seed for slice order and arrival times.  [default: random, recorded in the "
        "run]",
    ),
    Option(
        ["--out"],
        type=PATH,
        metavar="DIR",
        help="Folder for the run; must be new.  [default: results/TIME]",
    ),
    Option(
        ["--resume"],
        type=PATH,
        metavar="DIR",
        help="Continue an interrupted run with the options it was started with.",
    ),
    Option(["--quiet"], is_flag=True, help="Print only warnings and errors during the run."),
    Option(
        ["--json-events"],
        is_flag=True,
        help="Print progress for programs: one JSON object per line, on standard error.",
    ),
    Option(
        ["--format", "formats"],
        multiple=True,
        metavar="A,B",
        type=FORMATS,
        callback=_every_format,
        help=f"Report formats to write ({', '.join(Format)}); repeatable. md shows charts only if "
        "they are written too.  [default: all]",
    ),
)


def of_run(*names: str, **helps: str) -> list[click.Parameter]:
    """The parameters of these names, for another command that shares them.

    `helps`: help texts that differ there, by parameter name.
    """
    chosen = [parameter for parameter in RUN_PARAMETERS if parameter.name in names]
    return [_with_help(parameter, helps.get(parameter.name or "")) for parameter in chosen]


def _with_help(parameter: Option, text: str | None) -> Option:
    if text is None:
        return parameter
    changed = copy(parameter)
    changed.help = text
    changed.show_default = parameter.show_default and "[default:" not in text
    return changed
