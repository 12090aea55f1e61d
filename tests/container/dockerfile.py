"""Dockerfile.bench as data: stages of instructions; and its steps, run below a folder."""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.system.repository import ROOT

FILE: Final = ROOT / "Dockerfile.bench"
ABSOLUTE: Final = re.compile(r"(?<![\w.}$-])/(?=(srv|opt|data)\b)")
"""Where a path of the image begins."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word, its flags, and the rest of its line."""

    word: str
    flags: tuple[str, ...]
    rest: str

    @property
    def argv(self) -> list[str]:
        """The words of an exec form; raises ValueError for the shell form."""
        return [str(word) for word in json.loads(self.rest)]


@dataclass
class Stage:
    """What one FROM begins."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        """Return its instructions of one kind."""
        return [each for each in self.instructions if each.word == word]


def stages() -> dict[str, Stage]:
    """Read the file."""
    found: dict[str, Stage] = {}
    for instruction in _instructions(FILE.read_text(encoding="utf-8")):
        if instruction.word == "FROM":
            base, _, name = instruction.rest.partition(" AS ")
            found[name] = Stage(name, base)
        elif found:
            found[list(found)[-1]].instructions.append(instruction)
    return found


def _instructions(text: str) -> Iterator[Instruction]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for logical in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = logical.partition(" ")
        flags = []
        while match := re.match(r"(--\S+)\s+", rest):
            flags.append(match[1])
            rest = rest[match.end() :]
        yield Instruction(word, tuple(flags), rest)


@dataclass(frozen=True)
class Image:
    """A folder that stands for the image's root, and the interpreter that stands for its own."""

    root: Path

    def here(self, text: str) -> str:
        """Return the text with the image's paths below the folder."""
        return ABSOLUTE.sub(lambda _: f"{self.root}/", text)

    @property
    def workdir(self) -> Path:
        """Where the commands run."""
        return self.root / "srv" / "weighbridge"

    def copy(self, instruction: Instruction) -> None:
        """Copy from the repository what .dockerignore lets by; all stages here have one folder."""
        if any(flag.startswith("--from=") for flag in instruction.flags):
            return
        *sources, target = instruction.rest.split()
        for source in sources:
            for file in _sent(source):
                inside = file.relative_to(ROOT / source) if source.endswith("/") else file.name
                to = self.workdir / target / inside
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, to)

    def shell(self, instruction: Instruction) -> list[str]:
        """Return the command of a RUN, to be run here."""
        return ["sh", "-ec", self.here(instruction.rest)]

    def environment(self, *instructions: Instruction) -> dict[str, str]:
        """Return what ENV and ARG set, on top of this machine's way to the network."""
        interpreter = Path(getattr(sys, "_base_executable", sys.executable)).parent
        own = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "WEIGHBRIDGE", "ITEMS_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        env["PATH"] = f"{interpreter}:{os.defpath}"
        for instruction in instructions:
            for word in shlex.split(instruction.rest):
                name, equals, value = word.partition("=")
                if equals:
                    env[name] = _filled(self.here(value), env)
        return env


def _filled(value: str, env: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: env.get(found[1], ""), value)


def _sent(source: str) -> list[Path]:
    """Return the files of a COPY that the engine is sent."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = [line[1:] for line in lines if line.startswith("!")]
    path = ROOT / source
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    return [
        file
        for file in files
        if any(file.is_relative_to(ROOT / each) for each in allowed)
        and "__pycache__" not in file.parts
    ]
