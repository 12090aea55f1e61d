"""An access log as a set of requests, weighted by frequency."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.requests.access_log.entry import LogEntry
from bench.workloads.requests.access_log.log import AccessLog
from bench.workloads.requests.access_log.reading import Tally, entries, unreadable
from bench.workloads.requests.access_log.sampling import LoggedRequests, Reservoir, gathered
from bench.workloads.requests.access_log.times import shown_time
from bench.workloads.requests.plain_request import sendable
from bench.workloads.requests.request_set import RequestSet

SAMPLED: Final = 100_000
"""Requests of a log that its mixture is read from: shares of one in a thousand to a tenth."""
MOST_DIFFERENT: Final = 2_000
"""That are sent: each is asked for three times before the load."""
_METHODS_NAMED: Final = 4


def access_log(
    path: Path,
    headers: Sequence[tuple[str, str]] = (),
    *,
    skip: bool,
    seed: int,
    phase: Callable[[str], None] = lambda _: None,
) -> RequestSet:
    """Read a log: its requests, weighted by frequency. Raises UsageError.

    skip: leave out lines that cannot be read. seed: of the sample, where the log is long.
    phase: is told how far a long one is read.
    """
    tally, kept, times = Tally(), Reservoir[LogEntry](SAMPLED, seed), array("q")
    for entry in entries(path, tally, phase):
        kept.add(entry)
        if entry.at_ns is not None:
            times.append(entry.at_ns)
    if tally.bad and not (skip and tally.forms):
        raise unreadable(path, tally)
    given = sendable(headers)
    found = gathered(kept.shuffled(), MOST_DIFFERENT, given)
    log = AccessLog(path, given, _form(tally), times)
    if not found.requests:
        raise UsageError(f"{log.source} has no GET or HEAD that can be sent{_left_out(tally)}")
    return RequestSet(
        source=log.source,
        requests=tuple(sorted(found.requests, key=lambda each: (each.target, each.method))),
        file=str(path.resolve()),
        notes=(
            f"{log.source}: {_read(tally, log)}{_left_out(tally, found.unsendable)}",
            *_sampled(log, kept, found, seed),
        ),
        log=log,
    )


def _form(tally: Tally) -> str:
    return " and ".join(name for name, _ in tally.forms.most_common())


def _read(tally: Tally, log: AccessLog) -> str:
    """The format that it was read as, and the time that it covers."""
    when = ""
    if log.times:
        when = f", {shown_time(min(log.times))} to {shown_time(max(log.times))} UTC"
    lines = f"{tally.lines:,} line{'' if tally.lines == 1 else 's'}"
    first = "the first " if tally.more else ""
    return f"{first}{lines} in {log.form} format{when}"


def _sampled(
    log: AccessLog, kept: Reservoir[LogEntry], found: LoggedRequests, seed: int
) -> Iterator[str]:
    """Say that only some of its requests are sent, where that is so."""
    if kept.seen <= SAMPLED and not found.beyond:
        return
    by = f"drawn by seed {seed}"
    if kept.seen > SAMPLED:
        by = f"from {SAMPLED:,} of its {kept.seen:,} requests, {by}"
    yield f"{log.source}: {len(found.requests):,} different requests are sent, {by}"


def _left_out(tally: Tally, unsendable: int = 0) -> str:
    """What of it is not sent."""
    counted = tally.left_out + Counter({"that cannot be sent": unsendable})
    found = [f"{count:,} {name}" for name, count in counted.most_common(_METHODS_NAMED)]
    others = counted.total() - sum(count for _, count in counted.most_common(_METHODS_NAMED))
    if others:
        found.append(f"{others:,} others")
    if tally.bad:
        found.append(f"{tally.bad:,} that cannot be read ({tally.bad_lines})")
    return f"; left out: {', '.join(found)}" if found else ""
