"""A program that works when it is told to: a command a line on its standard input.

own MS: uses so much CPU time itself. child MS: in a child that it waits for. grandchild MS: in a
child of one, each of which is waited for. stay MS: in a child that stays until this program ends.
sleep MS: in none. It says "begun" before, and "over" when it has: CPU time, in ms.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ARGV: Final = [sys.executable, "-I", "-S", __file__]
LIMIT_S: Final = 60.0


def burn(ms: int) -> None:
    """Use so much CPU time."""
    end = time.process_time_ns() + ms * 1_000_000
    while time.process_time_ns() < end:
        pass


def in_a_child(ms: int, *, depth: int = 1) -> None:
    """Burn in a descendant, and wait for it."""
    child = os.fork()
    if child == 0:
        if depth == 1:
            burn(ms)
        else:
            in_a_child(ms, depth=depth - 1)
        os._exit(0)
    os.waitpid(child, 0)


def in_one_that_stays(ms: int, lifeline: int, held: int) -> None:
    """Burn in a child that ends when this process does; wait until it has burned."""
    burned, told = os.pipe()
    if os.fork() == 0:
        os.close(held)
        burn(ms)
        os.write(told, b".")
        os.read(lifeline, 1)
        os._exit(0)
    os.read(burned, 1)


def main() -> None:
    """Do as told, until there is nothing more."""
    lifeline, held = os.pipe()
    while line := sys.stdin.readline():
        what, ms = line.split()
        say("begun")
        match what:
            case "own":
                burn(int(ms))
            case "child":
                in_a_child(int(ms))
            case "grandchild":
                in_a_child(int(ms), depth=2)
            case "stay":
                in_one_that_stays(int(ms), lifeline, held)
            case "sleep":
                select.select([], [], [], int(ms) / 1000)
        say("over")


def say(word: str) -> None:
    """Tell who started this."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Working:
    """The program, from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def begin(self, command: str) -> None:
        """Tell it to work; returns when it has begun."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        self.hear("begun")

    def end(self) -> None:
        """Wait until it has worked."""
        self.hear("over")

    def do(self, command: str) -> None:
        """Have it work, and wait for it."""
        self.begin(command)
        self.end()

    def hear(self, word: str) -> None:
        """Wait for a word."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"

    def give_up(self) -> None:
        """Kill it at its work."""
        self.process.kill()
        self.process.wait(LIMIT_S)


@contextmanager
def working() -> Iterator[Working]:
    """Run the program; it and all its children have ended on leaving."""
    with subprocess.Popen(
        ARGV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Working(process)
            process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
