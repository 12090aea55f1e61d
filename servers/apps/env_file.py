"""Variables from files, as people keep them in `.env`: in the form that python-dotenv reads."""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dotenv.parser import parse_stream
from dotenv.variables import Variable, parse_variables

from servers.apps.settings import secret_digest
from servers.errors import ProfileError

OPTION: Final = "--env-file"
MOST_BYTES: Final = 2**20
_MOST_OF_ONE: Final = 2**17 - 1  # that Linux passes on as one variable, with its name
_NAME: Final = re.compile(r"[^\s=\0]+")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class EnvFile:
    """The variables of one file."""

    path: Path
    env: Mapping[str, str] = field(repr=False)

    @property
    def recorded(self) -> dict[str, Any]:
        """What may be recorded: the names, and a digest that changes with the values."""
        text = json.dumps(sorted(self.env.items()))
        return {
            "name": self.path.name,
            "variables": sorted(self.env),
            "digest": secret_digest(text),
        }


def read_all(paths: Iterable[Path], over: Mapping[str, str]) -> tuple[EnvFile, ...]:
    """Read files in order; `${NAME}` is looked up in `over` first, then in the files before.

    Raises ProfileError, which names file and line, but no value.
    """
    known: dict[str, str] = {}
    files = []
    for path in paths:
        values = _read(path, known, over)
        known.update(values)
        files.append(EnvFile(path, values))
    return tuple(files)


def names(path: Path) -> frozenset[str]:
    """Return the variables that a file sets, where it can be read; else none."""
    try:
        return frozenset(name for _, name, _ in _bindings(path))
    except ProfileError:
        return frozenset()


def _read(path: Path, earlier: Mapping[str, str], over: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for line, name, text in _bindings(path):
        value = _filled(path, line, text, {**earlier, **values, **over})
        if len(f"{name}={value}".encode()) >= _MOST_OF_ONE:
            raise _refusal(
                path, line, f"{_short(name)!r} is longer than a variable can be (128 KiB)"
            )
        values[name] = value
    return values


def _bindings(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, name and value as written, of each variable; raises ProfileError."""
    for found in parse_stream(io.StringIO(_text(path), newline="")):
        written = found.original.string
        blank = written[: len(written) - len(written.lstrip())]
        line = found.original.line + len(_LINE_END.findall(blank))
        if found.error:
            raise _refusal(path, line, "it cannot be read: write NAME=VALUE, and close quotes")
        if found.key is None:
            continue
        if "\0" in written:
            raise _refusal(path, line, "it contains a NUL byte: name a text file")
        if not _NAME.fullmatch(found.key):
            raise _refusal(path, line, "the text before '=' is not the name of a variable")
        if found.value is None:
            raise _refusal(path, line, "it has a name but no value: write NAME=VALUE")
        yield line, found.key, found.value


def _filled(path: Path, line: int, text: str, known: Mapping[str, str]) -> str:
    """Fill `${NAME}` in; the caller's own environment is ignored."""
    atoms = list(parse_variables(text))
    for atom in atoms:
        if isinstance(atom, Variable) and atom.default is None and atom.name not in known:
            raise _refusal(
                path,
                line,
                f"it refers to the variable {_short(atom.name)!r}, which is set neither above nor "
                "by --app-env: set it, or write a default, as in ${NAME:-value}",
            )
    return "".join(atom.resolve(known) for atom in atoms)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ProfileError(f"{OPTION} '{path}' cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise ProfileError(
            f"{OPTION} '{path}' is larger than {MOST_BYTES // 2**20} MiB: name a file of variables"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(path, line, "it is not UTF-8 text: save the file as UTF-8") from error


def _refusal(path: Path, line: int, complaint: str) -> ProfileError:
    return ProfileError(f"{OPTION} '{path}' line {line}: {complaint}")


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:37]}..."  # noqa: PLR2004  # in a line of words
