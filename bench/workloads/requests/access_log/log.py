"""An access log after its first reading; parts of it can be read again."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.workloads.requests.access_log.entry import LogEntry
from bench.workloads.requests.access_log.reading import OPTION, Tally, entries


@dataclass(frozen=True, slots=True)
class AccessLog:
    """A log that was read once. times: of its requests, ns since 1970, in the order of lines."""

    path: Path
    headers: tuple[tuple[str, str], ...]
    form: str
    times: "array[int]" = field(repr=False)

    @property
    def source(self) -> str:
        """What messages call it."""
        return f"{OPTION} {str(self.path)!r}"

    def between(self, start_ns: int, end_ns: int) -> Iterator[LogEntry]:
        """Read again what came from one time until another. Raises UsageError."""
        for entry in entries(self.path, Tally()):
            if entry.at_ns is not None and start_ns <= entry.at_ns < end_ns:
                yield entry
