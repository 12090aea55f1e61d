"""Lines of requirements files: those that name other files, folders and distributions."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

from servers.errors import ProfileError
from servers.profile import canonical
from servers.requirements.text import is_there, read_text

MOST_FILES: Final = 500

_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_SHORT: Final = re.compile(r"-([A-Za-z])\s*=?\s*(.*)")
_LONG: Final = re.compile(r"--([a-z-]+)(?:\s*=\s*|\s+|$)(.*)")
_NAMES: Final = {
    "r": "requirement", "c": "constraint", "e": "editable", "f": "find-links", "i": "index-url",
}  # fmt: skip
_FILE: Final = re.compile(r"file:(//(?=/|\$))?")
_HASH: Final = re.compile(r"\s--hash[=\s].*")
_BRACKETS: Final = re.compile(r"\s*\[[^\]]*\]$")


@dataclass(frozen=True)
class RequirementLine:
    """One line that says something, without its comment; continued ones are one."""

    file: Path
    number: int
    """Of its first line in the file, from 1; 0: it stands there in other words."""
    span: int
    """Lines of the file that it takes."""
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.file.name} line {self.number}" if self.number else self.file.name

    @cached_property
    def option(self) -> tuple[str, str] | None:
        """Its option by its long name, and its value; None: it names a package."""
        if found := _LONG.fullmatch(self.text):
            return found[1], _unquoted(found[2])
        if found := _SHORT.fullmatch(self.text):
            return _NAMES.get(found[1], found[1]), _unquoted(found[2])
        return None

    @cached_property
    def requirement(self) -> Requirement | None:
        """What it asks for on this interpreter; None: nothing, or something without a name."""
        if self.option is not None:
            return None
        try:
            wanted = Requirement(_HASH.sub("", self.text))
        except InvalidRequirement:
            return None
        return wanted if wanted.marker is None or wanted.marker.evaluate() else None

    @property
    def pins(self) -> str | None:
        """The distribution whose version it narrows down, as PEP 503 spells it."""
        wanted = self.requirement
        if wanted is None or not (wanted.specifier or wanted.url):
            return None
        return canonical(wanted.name)

    def names(self) -> str:
        """Return the path, relative or not, of what it would be if it is a file or a folder."""
        value = self.option[1] if self.option else self.text
        _, at, place = value.partition(" @ ")
        plain = (place if at else value).partition(" ;")[0].strip()
        return os.path.expandvars(_BRACKETS.sub("", _FILE.sub("", plain)))


@dataclass(frozen=True)
class Source:
    """A requirements file: its text, and its lines that say something."""

    path: Path
    text: str
    lines: tuple[RequirementLine, ...]


def lines_of(path: Path, text: str) -> tuple[RequirementLine, ...]:
    """Read the lines of a file."""
    return tuple(_lines(path, text))


def sources(path: Path) -> tuple[Source, ...]:
    """Read a file and all that it names by -r and -c, each once. Raises ProfileError."""
    found: dict[Path, Source] = {}
    waiting = [Path(os.path.realpath(path))]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        if len(found) == MOST_FILES:
            raise ProfileError(f"requirements '{path}' name more than {MOST_FILES} other files")
        text = read_text(one)
        found[one] = Source(one, text, lines_of(one, text))
        waiting += _named(found[one])
    return tuple(found.values())


def target(line: RequirementLine) -> Path | None:
    """Return the file that a line names by -r or -c; None: it names none, or an address."""
    if line.option is None or line.option[0] not in {"requirement", "constraint"}:
        return None
    value = os.path.expandvars(_FILE.sub("", line.option[1]))
    if "://" in value:
        return None
    return Path(os.path.realpath(line.file.parent / value))  # of a loop, one of its links


def _named(source: Source) -> Iterator[Path]:
    for line in source.lines:
        named = target(line)
        if named is None:
            continue
        if not is_there(named):
            raise ProfileError(
                f"requirements '{source.path}' line {line.number}: '{line.text}' names a file "
                f"that does not exist: {named}"
            )
        yield named


def _lines(path: Path, text: str) -> Iterator[RequirementLine]:
    joined, number, span = "", 0, 0
    for count, raw in enumerate(text.splitlines(), start=1):
        piece = _COMMENT.sub("", raw).rstrip()
        number, span = number or count, span + 1
        joined += piece.removesuffix("\\")
        if piece.endswith("\\"):
            continue
        if joined.strip():
            yield RequirementLine(path, number, span, joined.strip())
        joined, number, span = "", 0, 0
    if joined.strip():
        yield RequirementLine(path, number, span, joined.strip())


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
