"""Running uv, the installer: with the user's own settings, and no secret in its log."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from servers.environments.pip_settings import as_uv_settings
from servers.errors import EnvironmentBuildError
from servers.logs import tail
from servers.processes.keeper_client import keep

_USER: Final = re.compile(r"(?<=://)[^\s/?#]*@")
_UNSOLVABLE: Final = "No solution found"
_MACHINE: Final = re.compile(
    r"Failed to fetch|error sending request|Request failed|timed out|dns error|No space left"
    r"|network|Connection (refused|reset)|HTTP status (server|client) error",
    re.IGNORECASE,
)
_UNBUILT: Final = re.compile(r"Failed to (?:download and )?build (`[^`]+`)")
_LEAKING: Final = {"PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHOME", "UV_REQUIRE_HASHES"}
"""Of this program or its caller; with these, what builds a package would run otherwise."""


class UvError(Exception):
    """Uv has refused or failed; `lines` is what it said, without passwords."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(gist(lines))
        self.lines = tuple(lines)

    @property
    def unsolvable(self) -> bool:
        """Whether requirements exclude each other, or one of them does not exist."""
        return any(_UNSOLVABLE in line for line in self.lines)

    @property
    def unbuilt(self) -> str | None:
        """What could not be built, in the quotes that uv writes; None: something else failed."""
        found = _UNBUILT.search("\n".join(self.lines))
        return found[1] if found else None

    @property
    def of_machine(self) -> bool:
        """Whether something else than the requirements is to blame: the network, the disk."""
        return any(_MACHINE.search(line) for line in self.lines)


@dataclass(frozen=True)
class Uv:
    """The program, the folder to run it in and the log that it writes."""

    program: str
    folder: Path
    log: Path
    indexes: tuple[str, ...] = ()
    """Where to look, before any settings; the first is the default."""

    async def run(self, *arguments: str, folder: Path | None = None) -> None:
        """Run it; raises UvError. The log is of this run alone."""
        self.log.unlink(missing_ok=True)
        folder = folder or self.folder
        settings = as_uv_settings(folder)
        env = {name: value for name, value in os.environ.items() if name not in _LEAKING}
        argv = [self.program, *arguments]
        if settings.no_index and arguments[:2] == ("pip", "install"):
            argv.append("--no-index")
        env |= {**settings.env, **self._named()}
        async with keep(argv, log=self.log, env=env, cwd=folder) as installer:
            status = await installer.wait()
        if status != 0:
            raise UvError(self._said())

    def _named(self) -> dict[str, str]:
        """The indexes as variables: command lines are read by everybody on the machine."""
        if not self.indexes:
            return {}
        default, *others = self.indexes
        return {"UV_DEFAULT_INDEX": default, "UV_INDEX": " ".join(others)}

    def _said(self) -> list[str]:
        """Mask what was logged, for it stays where it is, and return its end."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        self.log.write_text(without_passwords(text), encoding="utf-8")
        return tail(self.log, 40)


def find_uv(server: str) -> str:
    """Return the program. Raises EnvironmentBuildError, with how to get it."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - it may be on the PATH alone

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        found = shutil.which("uv")
        if found is None:
            raise EnvironmentBuildError(
                "uv, which builds the environments of the servers, is not installed: run "
                f"{sys.executable} -m pip install uv",
                server=server,
            ) from error
        return found


def without_passwords(text: str) -> str:
    """Return a text with *** in place of the user and password of URLs in it."""
    return _USER.sub("***@", text)


def gist(lines: Sequence[str]) -> str:
    """Return uv's explanation, which it wraps over several lines, as one."""
    start = max((n for n, line in enumerate(lines) if line.startswith("error: ")), default=None)
    error = [line for line in lines[-4:] if line] if start is None else lines[start:]
    plain = [re.sub(r"^\s*(error: |cause: |[^\w`\s-]+\s)?", "", line) for line in error]
    plain = [line for line in plain if line and not re.fullmatch(r"[\s^]*", line)]
    return _shortened(" ".join(plain)) or "uv said nothing"


def _shortened(text: str, most: int = 600) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= most else f"{text[: most - 3]}..."
