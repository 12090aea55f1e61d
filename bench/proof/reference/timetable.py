"""When requests to an exact server are to be answered: their paths say it."""

from collections.abc import Callable

_Due = Callable[[int], int]  # from when a request came to when it is to be answered, ns


class Timetable:
    """When each request is due, ns of one clock.

    - /queue/N/LABEL: one request after the other, N ns each, in the order in which they came;
    - /delay/N/LABEL: each N ns after it came, however many there are;
    - anything else: at once.
    """

    def __init__(self) -> None:
        """Have an empty queue."""
        self._rules: dict[bytes, tuple[_Due, int]] = {}
        self._free_ns = 0  # when the queue is served that has come so far

    def due(self, path: bytes, came_ns: int) -> tuple[int, int]:
        """When a request is to be answered that came at a time; and its label, 0 for none."""
        rule, label = self._rules.get(path) or self._learn(path)
        return rule(came_ns), label

    def _learn(self, path: bytes) -> tuple[_Due, int]:
        """Remember what a path asks for."""
        kind, time, label, *_ = (*path.removeprefix(b"/").split(b"/"), b"", b"")
        time_ns = int(time) if kind in {b"queue", b"delay"} else 0

        def queued(came_ns: int) -> int:
            self._free_ns = max(came_ns, self._free_ns) + time_ns
            return self._free_ns

        def delayed(came_ns: int) -> int:
            return came_ns + time_ns

        rule = queued if kind == b"queue" else delayed
        self._rules[path] = rule, int(label) if label.isdigit() else 0
        return self._rules[path]
