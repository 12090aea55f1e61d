"""The ends of what tests start: waited for so long and no longer, even where a test has failed."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

PATIENCE_S: Final = 30.0
"""Far more than an end takes, even on a busy machine."""


def join(thread: threading.Thread) -> None:
    """Wait for the end of a thread, which has to be a daemon, or its process would wait for it."""
    assert thread.daemon
    thread.join(PATIENCE_S)
    assert not thread.is_alive(), f"{thread.name} has not ended"


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Kill a program at the end of the block, unless it has ended by itself, and wait for it."""
    with process:
        try:
            yield
        finally:
            process.kill()
