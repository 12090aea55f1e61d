"""The program, watched: when its generator loads servers, and when it writes to the terminal.

Takes the file for what was seen, then the arguments of the program. Times are in ns.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

import psutil

from bench import cli
from bench.load.process import LoadProcess
from bench.progress.live import Display
from bench.system import clock

loads: list[tuple[int, int]] = []
draws: list[tuple[int, int]] = []
writes: list[tuple[int, int]] = []  # when, and on which core


class Watched:
    """Standard error, and what is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._process = psutil.Process()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Note it, and write."""
        writes.append((clock.monotonic_ns(), self._process.cpu_num()))
        return self._stream.write(text)


def loading(load: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Note from when to when there is load."""

    async def noted(*arguments: object) -> Any:
        began_ns = clock.monotonic_ns()
        try:
            return await load(*arguments)
        finally:
            loads.append((began_ns, clock.monotonic_ns()))

    return noted


def drawing(draw: Callable[[Display], None]) -> Callable[[Display], None]:
    """Note from when to when it is drawn."""

    def noted(display: Display) -> None:
        began_ns = clock.monotonic_ns()
        draw(display)
        draws.append((began_ns, clock.monotonic_ns()))

    return noted


def main(seen: Path, arguments: list[str]) -> None:
    """Run the program, and write what was seen."""
    LoadProcess.run = loading(LoadProcess.run)  # type: ignore[method-assign, assignment]
    LoadProcess.alternate = loading(LoadProcess.alternate)  # type: ignore[method-assign, assignment]
    Display._draw = drawing(Display._draw)  # type: ignore[method-assign, assignment]
    sys.stderr = Watched(sys.stderr)
    sys.argv = ["bench", *arguments]
    try:
        cli.main()
    finally:
        found = {"loads": loads, "draws": draws, "writes": writes}
        seen.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
