"""When a server stands still, by rules: its app follows one, and so does the truth of its figures.

Run by servers, in their environments: it needs nothing but the standard library.
"""

from dataclasses import dataclass
from typing import Final, Protocol

IDLE_S: Final = 0.1
"""Between two requests, from which on a server is not under load."""


class Rule(Protocol):
    """Says of every request, in the order in which they are handled, how long it is kept."""

    def stall_s(self, now_s: float) -> float:
        """How long the server stands still before the request that it handles now; mostly 0."""


@dataclass(slots=True)
class Never:
    """A server that never stands still."""

    def stall_s(self, now_s: float) -> float:  # noqa: ARG002 - as every rule
        """Handle it at once."""
        return 0.0


@dataclass(slots=True)
class ByRequests:
    """Stands still at each request of which the number is a multiple of `every`."""

    every: int
    length_s: float
    _seen: int = 0

    def stall_s(self, now_s: float) -> float:  # noqa: ARG002 - as every rule
        """Count the request."""
        self._seen += 1
        return self.length_s if self._seen % self.every == 0 else 0.0


@dataclass(slots=True)
class ByClock:
    """Stands still once in each period of the clock, at the first request that comes in it.

    Periods are counted from the first request of all, at which it does not stand still.
    """

    period_s: float
    length_s: float
    _due_s: float | None = None

    def stall_s(self, now_s: float) -> float:
        """Look at the clock."""
        if self._due_s is None:
            self._due_s = now_s + self.period_s
        if now_s < self._due_s:
            return 0.0
        self._due_s += self.period_s * ((now_s - self._due_s) // self.period_s + 1)
        return self.length_s


@dataclass(slots=True)
class ByLoad:
    """Stands still once in each period of the time that it is under load, the stall included."""

    period_s: float
    length_s: float
    _loaded_s: float = 0.0
    _last_s: float | None = None

    def stall_s(self, now_s: float) -> float:
        """Add the time since the last request, unless the server was idle."""
        if self._last_s is not None and now_s - self._last_s < IDLE_S:
            self._loaded_s += now_s - self._last_s
        self._last_s = now_s
        if self._loaded_s < self.period_s - self.length_s:
            return 0.0
        self._loaded_s = 0.0
        self._last_s += self.length_s
        return self.length_s


def rule(text: str) -> Rule:
    """Read "never", or a rule with what comes between stalls and their length in seconds.

    "requests/300/0.1", "clock/1/0.1" and "load/4/0.4". Raises ValueError.
    """
    kind, *figures = text.split("/")
    match kind, figures:
        case "never", []:
            return Never()
        case "requests", [every, length_s]:
            return ByRequests(int(every), float(length_s))
        case "clock", [period_s, length_s]:
            return ByClock(float(period_s), float(length_s))
        case "load", [period_s, length_s]:
            return ByLoad(float(period_s), float(length_s))
    raise ValueError(f"'{text}' is not a stall rule: write it like requests/300/0.1, or never")
