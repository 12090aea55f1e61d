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
        help="Path to ask for, such as /prices/7: a workload of its own; repeatable.",
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
        help="Header of the requests to --path, --urls, --openapi, --access-log, --har and "
        "--http-file, in place of one of that name; repeatable. Secrets are recorded nowhere.",
    ),
    Option(
        ["--json"],
        metavar="TEXT",
        help="JSON that is sent to --path; @FILE for that of a file.",
    ),
    Option(
        ["--data"],
        metavar="TEXT|FILE",
        help="Text that is sent to --path as a form, or a file.",
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
        help="Leave out what cannot be read of --urls, --access-log, --har and --http-file; the "
        "number is printed.",
    ),
    Option(
        ["--curl"],
        multiple=True,
        metavar="'curl ...'|FILE",
        help="A curl command, or a file of them; what it would send goes to each server; "
        "repeatable.",
    ),
    Option(
        ["--openapi"],
        multiple=True,
        is_flag=False,
        flag_value="",
        metavar="[FILE|PATH]",
        help="OpenAPI document, JSON or YAML, or the path at which the app serves it: each GET. "
        "[default: look for it in the app]",
    ),
    Option(
        ["--writes"],
        is_flag=True,
        help="With --openapi, send all methods, not GET alone.",
    ),
    Option(
        ["--access-log", "access_logs"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="Access log (common, combined, JSON; may be .gz): its GET and HEAD requests, as often "
        "as they came; repeatable.",
    ),
    Option(
        ["--har"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="What a browser or a proxy has recorded (HAR): the requests to one host, as often as "
        "they came; repeatable.",
    ),
    Option(
        ["--har-host"],
        metavar="HOST",
        help="The host whose entries of --har are sent.  [default: that of most entries, images, "
        "styles and scripts left aside]",
    ),
    Option(
        ["--http-file", "http_files"],
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="Requests as editors have them (.http, .rest of VS Code and JetBrains); repeatable.",
    ),
    Option(
        ["--check"],
        type=Named(Check),
        help="What is demanded of answers to them: what the baseline answered before the load, or "
        f"its status alone.  [default: {Check.ANSWERS}]",
    ),
)
REQUEST_NAMES: Final = tuple(str(each.name) for each in REQUEST_PARAMETERS)
