"""Running the program on a terminal of its own, with somebody who reads and types."""

import codecs
import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.end_to_end.program import LIMIT_S, ROOT
from tests.progress.terminal import Terminal

CTRL_C = b"\x03"
_TAKE_OVER = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"  # so that Ctrl-C reaches it
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)
_NOT_HERE = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@dataclass
class OnTerminal:
    """A program on a terminal; `sent` is all that it has written."""

    process: subprocess.Popen[bytes]
    terminal: Terminal
    keyboard: int
    sent: str = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )

    def press(self, keys: bytes) -> None:
        """Type something."""
        os.write(self.keyboard, keys)

    def until(self, seen: Callable[["OnTerminal"], bool]) -> None:
        """Read until something is seen."""
        while not seen(self):
            assert self._read(), f"the program finished before: {self.sent}"

    def end(self) -> int:
        """Read until the end; the exit status."""
        while self._read():
            pass
        return self.process.wait(LIMIT_S)

    def _read(self) -> bool:
        """Read what comes next; False at the end."""
        ready, _, _ = select.select([self.keyboard], [], [], LIMIT_S)
        if not ready:
            pytest.fail(f"nothing more came after: {self.sent}")
        found = b""
        with contextlib.suppress(OSError):  # as Linux says that the other end is closed
            found = os.read(self.keyboard, 65536)
        text = self._decoder.decode(found)
        self.sent += text
        self.terminal.feed(text)
        return bool(found)


@contextmanager
def on_terminal(arguments: Sequence[str], width: int, height: int) -> Iterator[OnTerminal]:
    """Start Python with these arguments on a terminal of this size."""
    keyboard, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_HERE}
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_OVER, sys.executable, *arguments],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
        cwd=ROOT,
        env={**inherited, "TERM": "xterm", "PYTHONPATH": str(ROOT)},
    )
    os.close(screen)
    try:
        yield OnTerminal(process, Terminal(width, height), keyboard)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(LIMIT_S)
        os.close(keyboard)
