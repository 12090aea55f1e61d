"""When a lying server lies, and how often it has: one request in so many, as its path says."""

import json
from collections import Counter
from typing import Final

COMMITTED: Final = "/committed"
LOOKED_AT: Final = "/looked-at"


class LieCounts:
    """Counts requests by their paths, and lies by their names."""

    def __init__(self) -> None:
        """Have lied to nobody."""
        self._committed: Counter[str] = Counter()
        self._seen: Counter[bytes] = Counter()
        self._looked_at: Counter[str] = Counter()
        self._again: Counter[bytes] = Counter()  # were not looked at, and will come again

    def due(self, path: bytes) -> str | None:
        """Count a request to /LIE/N; which lie it gets: the one in the middle of every N."""
        kind, every = self._look_at(path)
        if self._again[path]:
            self._again[path] -= 1
            return None
        self._seen[path] += 1
        if not every or self._seen[path] % int(every) != int(every) // 2:
            return None
        self._committed[kind] += 1
        return kind

    def answered(self, path: bytes) -> None:
        """Count a request that is answered without asking what it gets."""
        self._look_at(path)

    def _look_at(self, path: bytes) -> tuple[str, bytes]:
        """Count it under its kind; the kind, and N."""
        _, kind, every, *_ = (path + b"//").split(b"/")
        self._looked_at[kind.decode()] += 1
        return kind.decode(), every

    def turned_away(self, path: bytes) -> None:
        """A request was not looked at: it will come again, and be answered correctly."""
        self._again[path] += 1

    def told(self, path: bytes) -> bytes | None:
        """What its books say, as JSON; None: the path asks for no books.

        COMMITTED: how often it has lied in which way. LOOKED_AT: how many requests it has looked at
        where it lies in which way; those that were turned away count when they come again.
        """
        books = {COMMITTED.encode(): self._committed, LOOKED_AT.encode(): self._looked_at}
        return json.dumps(books[path]).encode() if path in books else None
