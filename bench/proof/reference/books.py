"""What an exact server writes down itself: the truth that reported times are held against."""

import json
from array import array
from collections.abc import Sequence
from typing import Final

BOOKS: Final = "/books"
EVENT_BOOKS: Final = "/books/events"
LINES: Final = 2**18  # of each of its columns, 2 MiB; what comes beyond them is only counted
ANSWER_COLUMNS: Final = ("came", "left", "turn", "label")
EVENT_COLUMNS: Final = ("turn", "number", "left", "sent")


class Books:
    """Columns of numbers, up to LINES of each: times are ns of CLOCK_MONOTONIC.

    An answer, or an event, left when the clock was read last before it was given to the kernel; an
    event was sent when the clock was read first after that. A turn is the place in which a request
    was taken.
    """

    def __init__(self, names: Sequence[str] = ANSWER_COLUMNS) -> None:
        """Allocate all that they may take."""
        self._columns = {name: array("q", bytes(8 * LINES)) for name in names}
        self._entered = 0

    def enter(self, *line: int) -> None:
        """Write one line down, while there is room."""
        if self._entered < LINES:
            for column, value in zip(self._columns.values(), line, strict=True):
                column[self._entered] = value
        self._entered += 1

    def close(self) -> bytes:
        """Give what has been written down as JSON, and begin again."""
        entered, self._entered = self._entered, 0
        kept = {
            name: column[: min(entered, LINES)].tolist() for name, column in self._columns.items()
        }
        return json.dumps({"answered": entered, **kept}).encode()
