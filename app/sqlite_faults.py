"""What the clients of an SQLite store see of its faults."""

import re
import sqlite3
from typing import Final

from app.storage import StoreUnavailableError

DAMAGED: Final = "the store is damaged"
GONE: Final = "the store is gone: nothing was kept"
NO_ROOM: Final = "the store has no room for the copy that an export is sent from"
OVERRUN: Final = "the store is busy with other writes: try again"

_MESSAGES: Final = {
    sqlite3.SQLITE_BUSY: "the store is locked by another program: try again",
    sqlite3.SQLITE_LOCKED: "the store is locked by another program: try again",
    sqlite3.SQLITE_FULL: "the store is full: nothing was kept",
    sqlite3.SQLITE_IOERR: "the store cannot be read or written: nothing was kept",
    sqlite3.SQLITE_READONLY: "the store cannot be written: nothing was kept",
    sqlite3.SQLITE_CANTOPEN: "the store cannot be opened",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
"""By primary result code; any other code is a fault of the program."""
_OF_ANOTHER_SHAPE: Final = re.compile(
    r"no such table|no such column|has no column|Could not decode to UTF-8"
)
"""What is said, under no code of its own, of a file that somebody has altered."""


def unavailable(error: sqlite3.Error) -> Exception:
    """Say to the client what the store cannot do; a fault of the program stays what it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code
    message = DAMAGED if _OF_ANOTHER_SHAPE.search(str(error)) else _MESSAGES.get(code)
    return error if message is None else StoreUnavailableError(message)
