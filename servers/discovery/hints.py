"""What a project's own files say of how its app is started, read as text.

`[tool.fastapi]` of pyproject.toml, and lines of a Procfile, a Dockerfile or a compose file that
start a server with "module:app".
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from servers.discovery.walk import contents
from servers.profile import Interface
from servers.requirements.pyproject import PYPROJECT

_STARTS: Final = (
    ("Procfile",),
    ("Dockerfile", "Containerfile"),
    ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"),
)
"""Files that start servers: those of the first group in which one is found are taken."""
_SERVERS: Final = {
    "uvicorn": Interface.ASGI,
    "hypercorn": Interface.ASGI,
    "daphne": Interface.ASGI,
    "granian": Interface.ASGI,
    "fastapi": Interface.ASGI,
    "gunicorn": Interface.WSGI,
    "waitress-serve": Interface.WSGI,
}
_TARGET: Final = re.compile(r"((?:[^\W\d]\w*\.)*[^\W\d]\w*):((?:[^\W\d]\w*\.)*[^\W\d]\w*)(\(\))?")
_BARE: Final = re.compile(r"([^\W\d]\w*\.)+[aw]sgi")
"""A module that gunicorn is given without a name has `application`."""
_FILE: Final = re.compile(r"[\w./-]+\.py")
_FOLDER: Final = {"--app-dir", "--chdir", "--working-dir"}
_WITH_VALUE: Final = {
    *("-b", "--bind", "-c", "--config", "-e", "--env", "-k", "--worker-class", "--logger-class"),
    *("--paste", "--statsd-host", "--http", "--loop", "--ws", "--log-config", "--host"),
}
"""Options of which a value may look like an app: gunicorn's "--config python:shop.settings"."""
_ASGI_WORKER: Final = re.compile(r"uvicorn|asgi|hypercorn|interface[ =]asgi", re.IGNORECASE)
_CONTINUED: Final = re.compile(r"\\\r?\n")
_SEPARATE: Final = re.compile(r"[\s\"'\[\],=;]+")
_LONGEST_LINE: Final = 4000


@dataclass(frozen=True)
class Hint:
    """An app that a file of the project names: by its target, or by the file that has it.

    folder: from which it is imported there; None: not said. interface: that of the server.
    """

    told_by: str
    target: str | None
    interface: Interface
    file: str | None = None
    folder: str | None = None


def hints(root: Path) -> Iterator[tuple[Hint, ...]]:
    """Yield what one kind of files says after the other, the most telling first."""
    pyproject = _pyproject(root)
    entrypoint = _below(pyproject, "tool", "fastapi", "entrypoint")
    if isinstance(entrypoint, str) and _TARGET.fullmatch(entrypoint):
        yield (Hint(PYPROJECT, entrypoint, Interface.ASGI),)
    for names in _STARTS:
        found = [hint for name in names for hint in _started(root / name)]
        yield tuple(dict.fromkeys(found))


def script_modules(root: Path) -> frozenset[str]:
    """Return the modules of the commands that a project installs."""
    scripts = _below(_pyproject(root), "project", "scripts")
    values = scripts.values() if isinstance(scripts, dict) else ()
    return frozenset(value.partition(":")[0] for value in values if isinstance(value, str))


def _pyproject(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((contents(root / PYPROJECT) or b"").decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return {}  # whoever reads its requirements says what is wrong with it


def _below(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _started(file: Path) -> Iterator[Hint]:
    text = (contents(file) or b"").decode(errors="replace")
    for line in _CONTINUED.sub(" ", text).splitlines():
        if line.lstrip().startswith(("#", "FROM ", "COPY ", "ADD ")):
            continue
        hint = _of_line(line[:_LONGEST_LINE], file.name)
        if hint is not None:
            yield hint


def _of_line(line: str, told_by: str) -> Hint | None:
    """Read one command; None where it starts no server with an app."""
    words = [word for word in _SEPARATE.split(line) if word]
    names = [word.rpartition("/")[2] for word in words]
    start = next((at for at, name in enumerate(names) if name in _SERVERS), None)
    if start is None:
        return None
    given, interface = words[start + 1 :], _SERVERS[names[start]]
    if _ASGI_WORKER.search(" ".join(given)):
        interface = Interface.ASGI
    elif "wsgi" in given:
        interface = Interface.WSGI
    folder = next((given[at + 1] for at, word in enumerate(given[:-1]) if word in _FOLDER), None)
    for before, word in pairwise(("", *given)):
        if before in _WITH_VALUE:
            continue
        if _TARGET.fullmatch(word):
            target = f"{word}()" if "--factory" in given and not word.endswith("()") else word
            return Hint(told_by, target, interface, folder=folder)
        if names[start] == "gunicorn" and _BARE.fullmatch(word):
            return Hint(told_by, f"{word}:application", interface, folder=folder)
        if names[start] == "fastapi" and _FILE.fullmatch(word):
            return Hint(told_by, None, interface, file=word)
    return None
