"""What an app missed at its start, read from its log: variables, or a file; and the remedy."""

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from servers.apps import env_file
from servers.apps.app import App, StartFolder
from servers.apps.settings import ENV_OPTION
from servers.import_check.app_check import MISSED
from servers.logs import telling

LINES: Final = 200
"""How many of a log's last lines hold the whole of a traceback."""

_DOTENV: Final = ".env"
_OF_OS: Final = re.compile(r'\s*File "(<frozen os>|.*[/\\]os\.py)", line \d+, in __getitem__')
_KEY: Final = re.compile(r"KeyError: '([^']+)'")
_SAID: Final = (
    re.compile(r"""KeyError: ['"]Config '([^']+)' is missing"""),  # starlette.config
    re.compile(r"UndefinedValueError: (\w+) not found"),  # python-decouple
)
_ABOUT_VARIABLES: Final = re.compile(
    r"environment variable|env var|environ\b|(in|from) the environment", re.IGNORECASE
)
_IN_CAPITALS: Final = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")
_INVALID: Final = re.compile(r"\d+ validation errors? for \w*(settings|config|env)", re.IGNORECASE)
_REQUIRED: Final = re.compile(r"\s+field required\b", re.IGNORECASE)
_PROGRAM: Final = re.compile(r'\s*File ".*[/\\]subprocess\.py"')
_FILE: Final = re.compile(r"(?:No such file or directory:|Directory|File) '([^'/][^']*)'")


def advice(lines: Sequence[str], app: App) -> str:
    """Say what was missing and how to provide it, in one line; "" where the log shows nothing.

    lines: the last LINES of a log.
    """
    names = variables(lines)
    if names:
        return _about_variables(names, app)
    name = _file(lines)
    return _about_file(name, app) if name else ""


def variables(lines: Sequence[str]) -> tuple[str, ...]:
    """Name the variables that an app asked for and did not get; () where the log has none."""
    for line in lines:
        if line.startswith(MISSED):
            return tuple(line.removeprefix(MISSED).split())
    return tuple(dict.fromkeys(_named(lines))) or tuple(_of_settings(lines))


def _named(lines: Sequence[str]) -> Iterator[str]:
    """Name those that the error names."""
    said = telling(lines)
    for pattern in _SAID:
        yield from pattern.findall(said)
    key = _KEY.match(said)
    if key and any(_OF_OS.match(line) for line in lines):
        yield key[1]
    elif _ABOUT_VARIABLES.search(said):
        words = _IN_CAPITALS.findall(said)
        yield from [word for word in words if "_" in word] or words[:1]


def _of_settings(lines: Sequence[str]) -> Iterator[str]:
    """Name the fields that a settings model lists; it does not say their prefix, if any."""
    starts = [number for number, line in enumerate(lines) if _INVALID.search(line)]
    if not starts:
        return
    listed = lines[starts[-1] + 1 :]
    for field, complaint in itertools.pairwise(listed):
        if _REQUIRED.match(complaint):
            yield field.strip().upper()


def _file(lines: Sequence[str]) -> str | None:
    if any(_PROGRAM.match(line) for line in lines):
        return None
    found = _FILE.search(telling(lines))
    return found[1] if found else None


def _about_variables(names: Sequence[str], app: App) -> str:
    missing = "the variable" if len(names) == 1 else "the variables"
    be = "is" if len(names) == 1 else "are"
    return (
        f"{missing} {_listed(names)} {be} missing, because servers get only those they are "
        f"given; {_remedy(names, app)}"
    )


def _remedy(names: Sequence[str], app: App) -> str:
    dotenv = _dotenv(app)
    in_file = {name.upper() for name in env_file.names(dotenv)} if dotenv else set()
    held = [name for name in names if name.upper() in in_file]
    if held:
        return f"'{dotenv}' has {_listed(held)}: pass that file with {env_file.OPTION} {dotenv}"
    here = [name for name in names if name in os.environ]
    if here:
        passed = " ".join(f'{ENV_OPTION} {name}="${name}"' for name in here)
        return f"your own environment has {_listed(here)}: pass it on with {passed}"
    without = f" ('{dotenv}' does not set it)" if dotenv else ""
    each = " ".join(f"{ENV_OPTION} {name}=VALUE" for name in names)
    return f"set it with {each}, or in a file with {env_file.OPTION}{without}"


def _dotenv(app: App) -> Path | None:
    """Return the `.env` of the project, else one where the command was given."""
    for folder in (app.directory, Path.cwd()):
        if (folder / _DOTENV).is_file():
            return _as_typed(folder / _DOTENV)
    return None


def _about_file(name: str, app: App) -> str:
    own = app.directory / name
    if app.place is StartFolder.PROJECT and not own.exists():
        return (
            f"servers are started in '{app.directory}', which has no '{name}': give the folder "
            "that has it with --app-dir"
        )
    if app.place is StartFolder.PROJECT or not own.exists():
        return ""
    if app.place is StartFolder.COPY:
        return f"'{_as_typed(own)}' is not in copies of its folder: leave out --copy"
    return (
        f"'{_as_typed(own)}' exists, but servers are started in an empty folder: leave out "
        "--isolated, or use --copy"
    )


def _as_typed(path: Path) -> Path:
    """Return a path as one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
