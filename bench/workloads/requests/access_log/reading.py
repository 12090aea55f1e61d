"""Reading an access log line by line, in bounded time and memory."""

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from bench.errors import UsageError
from bench.workloads.requests.access_log.entry import LogEntry
from bench.workloads.requests.access_log.formats import KNOWN, read_log_line
from bench.workloads.requests.files import existing, opened

OPTION: Final = "--access-log"
MOST_LINES: Final = 10_000_000
"""That are read: some minutes, and 80 MB of times."""
_LONGEST: Final = 64 * 1024  # bytes of a line
_GZIP: Final = b"\x1f\x8b"
_LOOKED_AT: Final = 4096
_NAMED: Final = 3  # bad lines
_UTF_8_MARK: Final = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Tally:
    """What the lines of a log were.

    forms: of those that are requests. left_out: of these, what is not sent, by why. bad: how many
    lines are none of an access log; told: the first of them, in words. untimed: requests without a
    time. more: whether the file goes on after MOST_LINES.
    """

    lines: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    told: list[str] = field(default_factory=list)
    untimed: int = 0
    more: bool = False

    @property
    def bad_lines(self) -> str:
        """Bad lines in words: the first few."""
        more = f"; and {self.bad - _NAMED:,} more" if self.bad > _NAMED else ""
        return f"{'; '.join(self.told)}{more}"


def entries(
    path: Path, tally: Tally, phase: Callable[[str], None] = lambda _: None
) -> Iterator[LogEntry]:
    """Yield each request that can be sent; count all others. Raises UsageError.

    phase: is told how far a long one is read.
    """
    tell: Callable[[str], None] = tally.told.append
    forms = tally.forms
    for number, line in enumerate(_lines(path, tally, phase), start=1):
        tally.lines = number
        if not line:
            continue
        try:
            entry = read_log_line(line)
        except ValueError as error:
            tally.bad += 1
            if tally.bad <= _NAMED:
                tell(f"line {number}: {error}")
            continue
        forms[entry.form] += 1
        reason = entry.why_left_out
        if reason is not None:
            tally.left_out[reason] += 1
            continue
        if entry.at_ns is None:
            tally.untimed += 1
        yield entry


def unreadable(path: Path, tally: Tally) -> UsageError:
    """The error that names lines that are not of an access log, and the known formats."""
    return UsageError(
        f"{OPTION} {str(path)!r}: {tally.bad_lines}. Formats that are read: {KNOWN}; "
        "--skip-bad-lines leaves other lines out"
    )


def _lines(path: Path, tally: Tally, phase: Callable[[str], None]) -> Iterator[str]:
    """Lines without their ends; of one that is too long, its beginning. Raises UsageError."""
    existing(path, OPTION)
    try:
        with path.open("rb") as beginning:
            packed = beginning.read(len(_GZIP)) == _GZIP
        with ExitStack() as stack:
            file = stack.enter_context(opened(path, "reading", phase))
            if packed:
                file = stack.enter_context(cast("BinaryIO", gzip.GzipFile(fileobj=file)))
            _refuse_no_text(path, file.read(_LOOKED_AT))
            file.seek(0)
            yield from _within_bounds(file, tally)
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        after = f" after line {tally.lines:,}" if tally.lines else ""
        raise UsageError(f"{OPTION} {str(path)!r} cannot be read{after}: {why}") from error


def _refuse_no_text(path: Path, beginning: bytes) -> None:
    if not beginning:
        raise UsageError(f"{OPTION} {str(path)!r} is empty: name a log with requests")
    if b"\0" in beginning:
        raise UsageError(f"{OPTION} {str(path)!r} is binary: name a log in text, or text in gzip")


def _within_bounds(file: BinaryIO, tally: Tally) -> Iterator[str]:
    for number in range(MOST_LINES):
        line = file.readline(_LONGEST)
        if not line:
            return
        rest = line
        while len(rest) == _LONGEST and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST)
        if number == 0:
            line = line.removeprefix(_UTF_8_MARK)
        yield line.strip().decode(errors="surrogateescape")
    tally.more = bool(file.readline(1))
