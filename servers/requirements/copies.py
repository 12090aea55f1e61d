"""Requirements files as uv takes them: copies in a folder for one installation."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from servers.requirements.lines import RequirementLine, Source, sources, target

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True)
class Copies:
    """The copies of a file and of those that it names."""

    first: Path
    lines: tuple[RequirementLine, ...]
    """Of all files."""
    originals: dict[Path, Source]
    """By copy. A copy has the lines of its original, at their numbers."""


def copied(file: Path, into: Path) -> Copies:
    """Write the copies. Raises ProfileError.

    uv knows no "-rother.txt", and with --require-hashes it would ask for hashes of the server's
    packages too: hashes that are given are checked without.
    """
    found = sources(file)
    places = {
        source.path: into / str(n) / re.sub(r"[^\w.-]", "_", source.path.name)
        for n, source in enumerate(found)
    }
    for source in found:
        copy = places[source.path]
        copy.parent.mkdir(parents=True)
        copy.write_text(_rewritten(source, places), encoding="utf-8")
    return Copies(
        places[Path(os.path.realpath(file))],
        tuple(line for source in found for line in source.lines),
        {places[source.path]: source for source in found},
    )


def _rewritten(source: Source, places: dict[Path, Path]) -> str:
    raw = source.text.splitlines()
    for line in source.lines:
        if line.option is not None:
            blank = [""] * (line.span - 1)
            start = line.number - 1
            raw[start : start + line.span] = [_option(line, places), *blank]
    return "\n".join(raw) + "\n"


def _option(line: RequirementLine, places: dict[Path, Path]) -> str:
    assert line.option is not None  # noqa: S101 - options alone are rewritten
    name, value = line.option
    named = target(line)
    if named is not None:
        return f"--{name} {places[named]}"
    match name:
        case "require-hashes":
            return ""
        case "editable":
            return f"--editable {value}"
        case "find-links" if not _ADDRESS.match(value):
            return f"--find-links {line.file.parent / os.path.expandvars(value)}"
    return line.text


def place_of(said: str, copies: Copies) -> Iterator[RequirementLine]:
    """Yield the lines that uv points to by a copy's name and a position in it, in its order."""
    found = [
        (said.index(str(copy)), number, source)
        for copy, source in copies.originals.items()
        for number in _numbers(said, copy)
    ]
    for _, number, source in sorted(found, key=lambda each: each[:2]):
        ends = [line for line in source.lines if line.number + line.span > number]
        yield from ends[:1]


def _numbers(said: str, copy: Path) -> Iterator[int]:
    name = re.escape(str(copy))
    for found in re.finditer(rf"`{name}` at position (\d+)", said):
        text = copy.read_bytes()[: int(found[1])]
        yield text.count(b"\n") + 1
    for found in re.finditer(rf"{name}:(\d+):\d+", said):
        yield int(found[1])
