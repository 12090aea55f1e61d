"""What uv is given to install an app's requirements, and which of their lines it complains of."""

import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from servers.errors import ProfileError
from servers.requirements.copies import Copies, copied, place_of
from servers.requirements.given import PIPFILE, PIPFILE_LOCK, POETRY_LOCK, UV_LOCK, Requirements
from servers.requirements.lines import RequirementLine, lines_of
from servers.requirements.locks import export, pipfile
from servers.requirements.pyproject import PYPROJECT, cannot_say, dependencies, is_package
from servers.requirements.text import read_text


class RunsUv(Protocol):
    """Runs uv in the project's folder; raises where it fails."""

    def __call__(self, *arguments: str) -> Awaitable[None]: ...  # noqa: D102


@dataclass(frozen=True)
class Installation:
    """Arguments of `uv pip install`, good for as long as their folder is there."""

    arguments: tuple[str, ...]
    without_project: tuple[str, ...]
    """The same, but for the project itself, which may not be built; equal where it is not asked."""
    lines: tuple[RequirementLine, ...]
    """What stands in the files, as far as it has a name."""
    copies: Copies | None = None
    indexes: tuple[str, ...] = ()
    """Where a lock says to look; the first is the default. Empty: as the person's settings say."""

    @property
    def pins(self) -> dict[str, RequirementLine]:
        """Lines that narrow down a version, by distribution."""
        return {line.pins: line for line in self.lines if line.pins is not None}

    def meant(self, said: str) -> RequirementLine | None:
        """Return the line that uv complains of: at a place, or with the name it said last."""
        if self.copies is not None and (placed := [*place_of(said, self.copies)]):
            return placed[-1]
        named = [line for line in self.lines if _last(line, said) >= 0]
        return max(named, key=lambda line: _last(line, said), default=None)


async def installation(requirements: Requirements, scratch: Path, uv: RunsUv) -> Installation:
    """Write what uv needs to `scratch`; locks are read by their own tools. Raises ProfileError."""
    file = requirements.file
    match file.name:
        case "pyproject.toml":
            return _of_project(requirements)
        case name if name in {UV_LOCK, POETRY_LOCK, PIPFILE_LOCK, PIPFILE}:
            return await _of_lock(requirements, scratch, uv)
        case "setup.py" | "setup.cfg":
            return Installation(arguments := ("-r", str(file)), arguments, ())
    copies = copied(file, scratch)
    arguments = ("-r", str(copies.first))
    return Installation(arguments, arguments, copies.lines, copies)


def _of_project(requirements: Requirements) -> Installation:
    file, extras, groups = requirements.file, requirements.extras, requirements.groups
    if cannot_say(file):
        raise ProfileError(
            f"'{file}' is not a package and has only tables of poetry, which no other tool reads: "
            f"write a {POETRY_LOCK} with 'poetry lock', or name another file with --requirements"
        )
    asked = [*dependencies(file, extras, groups)]
    plain = ["-r", str(file)]
    plain += [part for extra in extras for part in ("--extra", extra)]
    chosen = [part for group in groups for part in ("--group", f"{file}:{group}")]
    whole = _in_place(file.parent, extras) if is_package(file) else plain
    return Installation((*whole, *chosen), (*plain, *chosen), tuple(_found(asked, file)))


async def _of_lock(requirements: Requirements, scratch: Path, uv: RunsUv) -> Installation:
    file, project = requirements.file, requirements.file.with_name(PYPROJECT)
    exported = scratch / f"{file.name}.txt"
    indexes: tuple[str, ...] = ()
    arguments = export(requirements, exported)
    if arguments is None:
        text, indexes = pipfile(requirements)
        exported.write_text(text, encoding="utf-8")
    else:
        await uv(*arguments)
    lines = tuple(
        RequirementLine(file, 0, line.span, line.text)
        for line in lines_of(file, read_text(exported))
    )
    plain = ("-r", str(exported))
    as_package = file.name in {UV_LOCK, POETRY_LOCK} and project.is_file() and is_package(project)
    whole = (*plain, *_in_place(file.parent, ())) if as_package else plain
    return Installation(whole, plain, lines, indexes=indexes)


def _in_place(folder: Path, extras: tuple[str, ...]) -> list[str]:
    chosen = f"[{','.join(extras)}]" if extras else ""
    return ["--editable", f"{folder}{chosen}"]


def _found(asked: list[str], file: Path) -> Iterator[RequirementLine]:
    """Find the lines of a TOML file in which these requirements stand."""
    raw = read_text(file).splitlines()
    for text in asked:
        name = re.split(r"[\[<>=!~; @]", text, maxsplit=1)[0]
        whole = [n for n, line in enumerate(raw, start=1) if text in line]
        named = [n for n, line in enumerate(raw, start=1) if name in line]
        yield RequirementLine(file, (whole or named or [0])[0], 1, text)


def _last(line: RequirementLine, said: str) -> int:
    """Where a line's distribution, or its folder, is named last in what uv said; -1: nowhere."""
    if line.requirement is not None:
        whole = said.rfind(f"{line.requirement.name}{line.requirement.specifier}")
        if line.requirement.specifier and whole >= 0:
            return whole
        name = re.sub(r"[-_.]+", "[-_.]+", line.requirement.name)
        found = [*re.finditer(rf"(?<![\w.-]){name}(?![\w-]|\.\w)", said, re.IGNORECASE)]
        return found[-1].start() if found else -1
    path = line.names().removeprefix("./") if line.option is None else ""
    # A name alone would be found anywhere: uv quotes the address of what it could not build.
    return said.rfind(path if "/" in path else f"/{path}`") if path else -1
