"""The options that say what is sent without a program."""

from typing import Final

from click import Option

from bench.cli.values import PATH, Named
from bench.facts.settings import Check

REQUEST_PARAMETERS: Final = (
    Option(
        ["--path", "paths"],
        multiple=True,
        metavar="PATH",
        help="Path to request, such as /prices/7; repeatable, each a workload of its own.",
    ),
    Option(
        ["--method"],
        metavar="NAME",
        help="Method of the requests to --path.  [default: GET; POST with --json or --data]",
    ),
    Option(
        ["--header", "headers"],
        multiple=True,
        metavar="'NAME: VALUE'",
        help="Header to send with the requests of --path, --urls, --openapi, --access-log, --har "
        "and --http-file; replaces one of that name; repeatable. Secrets are never recorded.",
    ),
    Option(
        ["--json"],
        metavar="TEXT",
        help="JSON to send to --path; @FILE reads it from a file.",
    ),
    Option(
        ["--data"],
        metavar="TEXT|FILE",
        help="Form data to send to --path, or a file that has it.",
    ),
    Option(
        ["--urls"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="List of requests, one per line: '[METHOD] PATH [WEIGHT] [-> STATUS]'; repeatable.",
    ),
    Option(
        ["--skip-bad-lines"],
        is_flag=True,
        help="Skip what cannot be read of --urls, --access-log, --har and --http-file; the number "
        "skipped is printed.",
    ),
    Option(
        ["--curl"],
        multiple=True,
        metavar="'curl ...'|FILE",
        help="curl command, or a file of them: each server is sent what curl would send; "
        "repeatable.",
    ),
    Option(
        ["--openapi"],
        multiple=True,
        is_flag=False,
        flag_value="",
        metavar="[FILE|PATH]",
        help="OpenAPI document (JSON or YAML), or the path at which the app serves it: sends each "
        "GET in it.  [default: look for it in the app]",
    ),
    Option(
        ["--writes"],
        is_flag=True,
        help="With --openapi, send all methods, not only GET.",
    ),
    Option(
        ["--access-log", "access_logs"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="Access log (common, combined or JSON; may be .gz): sends its GET and HEAD requests "
        "as often as they occur; repeatable.",
    ),
    Option(
        ["--har"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="Recording of a browser or proxy (HAR): sends its requests to one host as often as "
        "they occur; repeatable.",
    ),
    Option(
        ["--har-host"],
        metavar="HOST",
        help="Host whose requests are sent from --har.  [default: the one with the most, not "
        "counting images, styles and scripts]",
    ),
    Option(
        ["--http-file", "http_files"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="Requests in a .http or .rest file, as in VS Code and JetBrains; repeatable.",
    ),
    Option(
        ["--check"],
        type=Named(Check),
        help="What responses to them must match: what the baseline answered before the load, or "
        f"only its status.  [default: {Check.ANSWERS}]",
    ),
)
REQUEST_NAMES: Final = tuple(str(each.name) for each in REQUEST_PARAMETERS)
