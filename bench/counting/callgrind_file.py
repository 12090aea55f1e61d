"""What callgrind writes: instructions by object file and function.

The format: https://valgrind.org/docs/manual/cl-format.html. Names are compressed: `fn=(7) parse`
names function 7, and `fn=(7)` is it again. A line of numbers is a position and the instructions
there; after `calls=` it is what a callee has executed, which the callee's own lines have too.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_UNKNOWN: Final = "???"
_FILE_KEYS: Final = frozenset({"fl", "fi", "fe", "cfi", "cfl"})
_CALLED: Final = frozenset({"cob", "cfi", "cfl", "cfn"})
_NUMBERS: Final = frozenset("0123456789+-*")


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A function, as far as it is known: the object file that it is of, and its name there."""

    file: str
    function: str


@dataclass(frozen=True, slots=True)
class Dump:
    """One dump of one process: all its instructions, and those of each function by itself."""

    total: int
    parts: dict[CodePlace, int]


def read_dump(text: str) -> Dump:
    """Read a whole dump. Raises ValueError for what is none."""
    lines = text.splitlines()
    reading = _Reading()
    for line in lines:
        reading.take(line)
    return Dump(_total(lines), dict(reading.parts))


def _total(lines: Iterable[str]) -> int:
    for line in lines:
        if line.startswith("summary:"):
            return int(line.split()[1])
    raise ValueError("no line 'summary:'")


class _Reading:
    """Where a reader stands: which function of which file, and whether it was called from here."""

    def __init__(self) -> None:
        self.parts: defaultdict[CodePlace, int] = defaultdict(int)
        self._names: dict[tuple[str, str], str] = {}  # by kind and number
        self._file = self._function = _UNKNOWN
        self._of_callee = False

    def take(self, line: str) -> None:
        """Take one line."""
        if not line:
            return
        if line[0] in _NUMBERS:
            self._cost(line)
            return
        key, equals, value = line.partition("=")
        if not equals:
            return
        if key == "calls":
            self._of_callee = True
        elif key == "ob":
            self._file = self._name("ob", value)
        elif key == "fn":
            self._function = self._name("fn", value)
        elif key in _CALLED:
            self._name(_kind(key), value)  # it may be named here for the first time

    def _cost(self, line: str) -> None:
        if self._of_callee:
            self._of_callee = False
            return
        numbers = line.split()
        if len(numbers) > 1:
            self.parts[CodePlace(self._file, self._function)] += int(numbers[1])

    def _name(self, kind: str, value: str) -> str:
        """The name that is meant, learned where it stands in full."""
        if not value.startswith("("):
            return value
        number, _, name = value.partition(")")
        if name:
            self._names[kind, number] = name.strip()
        return self._names.get((kind, number), _UNKNOWN)


def _kind(key: str) -> str:
    """Which of the three lists of names a line is of."""
    if key in _FILE_KEYS:
        return "fl"
    return key.removeprefix("c")
