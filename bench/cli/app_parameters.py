"""The options that say which app is run, and what it needs."""

from typing import Final

from click import Option

from bench.cli.values import DURATION, PATH, Parsed
from servers.wait_limit import START_LIMIT_S


def _app_name(text: str) -> str:
    """Refuse an option in place of a value: else its own value is what is complained of."""
    if text.startswith("-"):
        raise ValueError(f"'{text}' is no app: write which one, as shop.main:app")
    return text


_APP: Final = Parsed("module:attribute", _app_name)

APP_PARAMETERS: Final = (
    Option(
        ["--app"],
        type=_APP,
        metavar="MODULE:ATTRIBUTE",
        help="Your ASGI app; 'MODULE:FUNCTION()' for an app factory. In a project's folder it is "
        "found.",
    ),
    Option(
        ["--wsgi-app"],
        type=_APP,
        metavar="MODULE:ATTRIBUTE",
        help="Your WSGI app: the same app as --app, for the WSGI servers; or on its own.",
    ),
    Option(
        ["--app-dir"],
        metavar="DIR",
        type=PATH,
        help="Folder that --app is imported from and servers start in.  [default: the current "
        "folder]",
    ),
    Option(
        ["--copy"],
        is_flag=True,
        help="Start each server in a fresh copy of --app-dir: for an app that writes to its "
        "folder.",
    ),
    Option(
        ["--isolated"],
        is_flag=True,
        help="Start each server in a fresh, empty folder, as for the items app.",
    ),
    Option(
        ["--requirements"],
        metavar="FILE",
        type=PATH,
        help="Dependencies of --app: a requirements file, pyproject.toml, uv.lock, poetry.lock or "
        "Pipfile(.lock); 'none' for no dependencies.  [default: found in the app's folder]",
    ),
    Option(
        ["--extra", "extras"],
        metavar="NAME",
        multiple=True,
        help="Extra of that pyproject.toml or lock file to install as well; repeatable.",
    ),
    Option(
        ["--group", "groups"],
        metavar="NAME",
        multiple=True,
        help="Dependency group of that pyproject.toml or lock file to install as well; repeatable.",
    ),
    Option(
        ["--app-env"],
        metavar="NAME=VALUE",
        multiple=True,
        help="Environment variable for --app under every server; repeatable. {n} is replaced by "
        "the server's number in the run (from 0), {free_port} by an unused port.",
    ),
    Option(
        ["--env-file", "env_files"],
        type=PATH,
        metavar="FILE",
        multiple=True,
        help="Read environment variables from a .env file; --app-env overrides them; repeatable.",
    ),
    Option(
        ["--app-setting", "app_settings"],
        multiple=True,
        metavar="NAME=VALUE",
        help="Measure each server with and without this setting of the app, such as cache=lru; "
        "repeatable. Sets the environment variable ITEMS_NAME, or NAME for --app. Relative paths "
        "are resolved in the folder that servers start in.",
    ),
    Option(
        ["--ready"],
        metavar="PATH",
        help="Path to poll: a server is ready once it responds with 200.  [default: the workload's "
        "first GET, with its headers]",
    ),
    Option(
        ["--start-timeout", "start_timeout_s"],
        type=DURATION,
        metavar="60s",
        help="Time limit for a server to become ready, and for importing --app.  [default: "
        f"{START_LIMIT_S:.0f}s]",
    ),
)
