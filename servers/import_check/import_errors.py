"""Why an app could not be imported, and what to do about it, in one line."""

import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from servers.apps.app import App, StartFolder
from servers.import_check.missing_environment import advice
from servers.logs import last_said, telling

_MODULE: Final = re.compile(r"ModuleNotFoundError: No module named '([^'.]+)")
_NAME: Final = re.compile(r"ImportError: cannot import name '[^']+' from '([^'.]+)")
_INSTALLED: Final = re.compile(r"/site-packages/([^/]+?)(?:\.py)?(?:/|$)")
_FRAME: Final = re.compile(r'\s*File "([^"]+)", line (\d+)')
_SERVES: Final = re.compile(
    r"\b(running on|listening at|listening on|serving on|development server at)\W+http",
    re.IGNORECASE,
)
_GENERAL: Final = (
    "write it as module:attribute, and give its folder with --app-dir, its packages with "
    "--requirements, its environment variables with --app-env"
)


def failure(status: int, lines: Sequence[str], app: App) -> str:
    """Say what went wrong and what to do.

    status: of the program that imported it, 1 if there was an exception, negative after a signal;
    lines: the last of its log, so many that they hold the whole of a traceback.
    """
    if status != 1:
        return (
            f"the import ended its process {_ending(status)}; {last_said(lines)}; "
            "import it yourself in its folder, and see what ends it"
        )
    return f"{telling(lines)}; {_remedy(lines, app)}"


def overdue(lines: Sequence[str]) -> str:
    """Say what to do about an import that does not end."""
    if any(_SERVES.search(line) for line in lines):
        return (
            "it starts a server of its own when it is imported: put that below "
            "if __name__ == '__main__'"
        )
    return (
        "allow more time with --start-timeout, or find out what it waits for and start that first"
    )


def _ending(status: int) -> str:
    if status >= 0:
        return f"with exit status {status}"
    name = f"signal {-status}"
    with suppress(ValueError):
        name = signal.Signals(-status).name
    return f"by {name}"


def _remedy(lines: Sequence[str], app: App) -> str:
    return (
        advice(lines, app)
        or _below_src(lines, app)
        or _between_packages(lines)
        or _where_it_was(lines, app)
        or _not_installed(lines, app)
        or _GENERAL
    )


def _below_src(lines: Sequence[str], app: App) -> str:
    """Say how a package below `src` is found, where the folder above it is the one to start in."""
    missing = _MODULE.match(telling(lines))
    if missing is None or app.place not in {StartFolder.PROJECT, StartFolder.COPY}:
        return ""
    below = app.directory / "src" / missing[1]
    if not (below.is_dir() or below.with_suffix(".py").is_file()):
        return ""
    return "'src' has it: let servers import from there with --app-env PYTHONPATH=src"


def _between_packages(lines: Sequence[str]) -> str:
    """Say which installed packages do not fit together, where one of them could not be imported."""
    frames = _frames(lines)
    package = _INSTALLED.search(frames[-1][1]) if frames else None
    missing = _MODULE.match(telling(lines)) or _NAME.match(telling(lines))
    if package is None or missing is None:
        return ""
    name, other = package[1], missing[1]
    if name == other:
        return (
            f"the installed '{name}' does not fit itself or this Python: pin another version of it "
            "in the app's requirements"
        )
    if missing.re is _MODULE:
        return f"the installed '{name}' needs '{other}': add it to the app's requirements"
    return (
        f"the installed '{name}' does not fit the installed '{other}': pin versions that fit in "
        "the app's requirements"
    )


def _not_installed(lines: Sequence[str], app: App) -> str:
    """Say which line of the app's own imports what is not there."""
    own, missing = _own_frames(lines, app), _MODULE.match(telling(lines))
    if not own or missing is None:
        return ""
    file, line = own[-1]
    return (
        f"'{file}', line {line}, imports it: add what has it to the app's requirements, or, if it "
        "is yours, name the folder that it is in with --app-dir"
    )


def _frames(lines: Sequence[str]) -> list[re.Match[str]]:
    """The places of a traceback, but for those of the import system itself."""
    found = (_FRAME.match(line) for line in lines)
    return [each for each in found if each and not each[1].startswith("<frozen ")]


def _own_frames(lines: Sequence[str], app: App) -> list[tuple[str, str]]:
    """Files of the app that a traceback goes through, as in its folder, each with its line."""
    return [
        (each[1].removeprefix(f"{app.directory}/"), each[2])
        for each in _frames(lines)
        if each[1].startswith(f"{app.directory}/") and not _INSTALLED.search(each[1])
    ]


def _where_it_was(lines: Sequence[str], app: App) -> str:
    """Name the last line of the app's own that an exception came from; "" if it is an import's."""
    if telling(lines).startswith(("ImportError", "ModuleNotFoundError")):
        return ""
    own = _own_frames(lines, app)
    if not own:
        return ""
    file, line = own[-1]
    return (
        f"it was raised in '{file}', line {line}: give what it needs with --app-env, "
        "--env-file or --requirements"
    )
