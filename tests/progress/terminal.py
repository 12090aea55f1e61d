"""A terminal, as far as the program uses one: what is to be seen of the text that it is sent."""

import re
from collections.abc import Sequence
from typing import Final

_CODE: Final = re.compile(r"\x1b\[(\?25)?([\d;]*)([A-Za-z])")


class Terminal:
    """Lines that scroll off the top can be read, but the cursor does not come back to them."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.cursor_is_shown = True
        self._lines: list[list[str]] = [[]]
        self._row = 0
        self._column = 0
        self._rest = ""

    @property
    def lines(self) -> Sequence[str]:
        """All that is to be seen, without empty lines at the end."""
        lines = ["".join(line).rstrip() for line in self._lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def feed(self, text: str) -> None:
        """Show text; a control code that is cut off waits for its rest."""
        self._rest += text
        while self._rest:
            if self._rest[0] != "\x1b":
                self._put(self._rest[0])
                self._rest = self._rest[1:]
            elif code := _CODE.match(self._rest):
                self._obey(*code.groups())
                self._rest = self._rest[code.end() :]
            else:
                assert len(self._rest) < 10, f"no known code: {self._rest[:10]!r}"
                return

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._down()
        else:
            assert character.isprintable(), f"a control character: {character!r}"
            if self._column == self.width:
                self._down()
            line = self._lines[self._row]
            line.extend(" " * (self._column + 1 - len(line)))
            line[self._column] = character
            self._column += 1

    def _down(self) -> None:
        """To the beginning of the next line."""
        self._row += 1
        self._column = 0
        if self._row == len(self._lines):
            self._lines.append([])

    def _obey(self, cursor: str | None, numbers: str, letter: str) -> None:
        if cursor:
            self.cursor_is_shown = letter == "h"
        elif letter == "A":
            top = max(0, len(self._lines) - self.height)
            self._row = max(top, self._row - int(numbers or 1))
        elif letter == "K" and numbers == "2":
            self._lines[self._row] = []
        else:
            assert letter == "m", f"no known code: {numbers}{letter}"
