"""A program whose processes do what they can to be forgotten."""

# ruff: noqa: T201

import os
import signal
import sys

TREE = [sys.executable, "-I", "-S", __file__]
SIZE = 4


def main() -> None:
    """Stay, with a child, a grandchild in a session of its own, and an orphan."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
        stay()
    middle = os.fork()
    if middle == 0:
        if os.fork() == 0:
            os.setsid()
            stay()
        os._exit(0)
    os.waitpid(middle, 0)
    stay()


def stay() -> None:
    """Say who this is, and never leave."""
    print(os.getpid(), flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
