"""When a lying server lies, and how often it has: one request in so many, as its path says."""

import json
from collections import Counter
from typing import Final

COMMITTED: Final = "/committed"


class LieCounts:
    """Counts requests by their paths, and lies by their names."""

    def __init__(self) -> None:
        """Have lied to nobody."""
        self._committed: Counter[str] = Counter()
        self._seen: Counter[bytes] = Counter()
        self._again: Counter[bytes] = Counter()  # were not looked at, and will come again

    def due(self, path: bytes) -> str | None:
        """Count a request to /LIE/N; which lie it gets: the one in the middle of every N."""
        if self._again[path]:
            self._again[path] -= 1
            return None
        self._seen[path] += 1
        _, kind, every, *_ = (path + b"//").split(b"/")
        if not every or self._seen[path] % int(every) != int(every) // 2:
            return None
        self._committed[kind.decode()] += 1
        return kind.decode()

    def turned_away(self, path: bytes) -> None:
        """A request was not looked at: it will come again, and be answered correctly."""
        self._again[path] += 1

    def confession(self) -> bytes:
        """How often it has lied in which way, as JSON."""
        return json.dumps(self._committed).encode()
