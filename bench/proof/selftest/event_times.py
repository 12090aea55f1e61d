"""Streams of events: when each event came, and what was reported of them, by the server's books.

Each bound is one that no delay of anybody can break. An event came after it had left and, over
loopback, before the server was told that it was sent. Events that are read at once have the time of
the last of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from bench.facts.selftest import Claim
from bench.facts.streams import EventStreams
from bench.load.order import EventTimes, Trace
from bench.proof.reference.event_streams import EVENTS, LATE_NS
from bench.proof.selftest.claims import claim, noted
from bench.proof.selftest.exactness import BUCKET, FIGURES, REQUESTS, figure_errors
from bench.proof.selftest.formatting import ms, signed_us, us
from bench.proof.selftest.server_record import CLOCKS_NS, Recorded, Times, counted
from bench.stats.histogram import MIDPOINTS_NS, Histogram

GROUP: Final = "Streams of events, against the server's own record"
_LATE_NS: Final = LATE_NS * 3 // 4  # a gap that is longer is that before the late event
_OF_GAPS: Final = (50, 95, 99)
_OF_FIRST: Final = (50, 95)
_CENTRE, _TAIL = 50, 99

Events = NDArray[np.int64]
"""A time of each event of each stream, shape (streams, EVENTS), ns."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedEvents:
    """The events of one load, by request: as they came and were read, and as the server wrote down.

    left, sent: the clock before and after the server gave each to the kernel.
    """

    came: Events
    read: Events
    left: Events
    sent: Events

    @classmethod
    def of(cls, seen: Recorded, books: dict[str, Any]) -> Self | None:
        """Put both together; None: they are not of the same events."""
        events, size = seen.trace.events, (len(seen.trace.sent), EVENTS)
        if seen.answers is None or not _whole(events, books, size):
            return None
        assert events is not None  # noqa: S101 - else they are not whole
        columns = (np.array(books[name], dtype=np.int64) for name in ("left", "sent"))
        order = np.lexsort((books["number"], books["turn"]))
        row = np.searchsorted(np.sort(seen.answers.turn), seen.answers.turn)
        left, sent = (column[order].reshape(size)[row] for column in columns)
        return cls(events.came.reshape(size), events.read.reshape(size), left, sent)

    @property
    def latest(self) -> Events:
        """Until when each had come for certain."""
        found = self.sent.copy()
        for at in range(EVENTS - 2, -1, -1):
            together = self.read[:, at] == self.read[:, at + 1]
            found[:, at] = np.where(together, found[:, at + 1], found[:, at])
        return found


def _whole(events: EventTimes | None, books: dict[str, Any], size: tuple[int, int]) -> bool:
    """Whether every event of so many streams came, and stands in the books."""
    expected = np.repeat(np.arange(size[0]), size[1])
    return (
        events is not None
        and len(books["turn"]) == books["answered"] == len(expected)
        and np.array_equal(events.slot, expected)
    )


def claims(form: str, seen: Recorded, books: dict[str, Any]) -> list[Claim]:
    """Hold a load of streams against the server's books of every event."""
    found = RecordedEvents.of(seen, books)
    reported = seen.trace.observation.streams
    arrived = 0 if seen.trace.events is None else len(seen.trace.events.slot)
    whole = claim(
        GROUP,
        f"{form}: events, each once",
        f"{books['answered']:,}",
        f"{arrived:,}",
        holds=found is not None and reported is not None and arrived > 0,
    )
    if found is None or reported is None:
        return [whole]
    if seen.trace.observation.client_delay is None:  # no kernel's stamps: they came when read
        found = RecordedEvents(found.came, found.read, found.left, found.read)
    which = counted(seen.trace)
    return [
        whole,
        _in_time(form, found),
        _gaps(form, found, which, reported.gap),
        _late(form, found, which, reported.gap),
        _first(form, found, seen.trace, reported.first_byte),
        _held(form, found, seen.trace, reported),
        _in_window(form, found, seen.trace, reported),
    ]


def _in_time(form: str, found: RecordedEvents) -> Claim:
    early, late = int((found.came - found.left).min()), int((found.came - found.latest).max())
    return claim(
        GROUP,
        f"{form}: least after an event left, most after it was sent",
        f"not below {signed_us(-CLOCKS_NS)}, not above {signed_us(CLOCKS_NS)}",
        signed_us(early, late),
        holds=early >= -CLOCKS_NS and late <= CLOCKS_NS,
    )


def _gap_bounds(found: RecordedEvents, which: NDArray[np.bool_]) -> tuple[Times, Times]:
    """How long each gap of these streams was at the least and at the most."""
    left, latest = found.left[which], found.latest[which]
    return (left[:, 1:] - latest[:, :-1]).ravel(), (latest[:, 1:] - left[:, :-1]).ravel()


def _gaps(form: str, found: RecordedEvents, which: NDArray[np.bool_], gaps: Histogram) -> Claim:
    least, most = _gap_bounds(found, which)
    return _between(f"{form}: gap between events", _OF_GAPS, least, most, gaps)


def _between(
    what: str, percents: Sequence[int], least: Times, most: Times, reported: Histogram
) -> Claim:
    """Percentiles lie between those of the least and of the most that each may have been."""
    low, high = (
        np.maximum(0, np.percentile(each, percents, method="inverted_cdf"))
        for each in (least, most)
    )
    values = [reported.percentile_ns(percent) or 0.0 for percent in percents]
    spare = high * BUCKET + CLOCKS_NS
    bounds = ", ".join(
        f"{a / 1e6:.2f}-{b / 1e6:.2f}" for a, b in zip(low - CLOCKS_NS, high + spare, strict=True)
    )
    return claim(
        GROUP,
        f"{what}, {', '.join(f'p{percent}' for percent in percents)}",
        f"{bounds} ms",
        ms(*values),
        holds=reported.total == len(least)
        and bool((low - spare <= values).all() and (values <= high + spare).all()),
    )


def _late(form: str, found: RecordedEvents, which: NDArray[np.bool_], gaps: Histogram) -> Claim:
    """Each late event is counted: one a stream, unless the server was late with others too."""
    least, most = _gap_bounds(found, which)
    spare = _LATE_NS * BUCKET + CLOCKS_NS
    low, high = int((least > _LATE_NS + spare).sum()), int((most > _LATE_NS - spare).sum())
    late = int(gaps.held[MIDPOINTS_NS[gaps.used] > _LATE_NS].sum())
    return claim(
        GROUP,
        f"{form}: events more than {ms(_LATE_NS, digits=0)} after the one before",
        f"{low:,}-{high:,}, by the server's record",
        f"{late:,}",
        holds=high > 0 and low <= late <= high,
    )


def _first(form: str, found: RecordedEvents, trace: Trace, first: Histogram) -> Claim:
    """From when a request was sent; from when it was due, if it waited for a connection."""
    which = counted(trace)
    least = found.left[which, 0] - trace.sent[which]
    since = np.where(trace.noticed > 0, trace.due, trace.sent)[which]
    return _between(f"{form}: first byte", _OF_FIRST, least, found.latest[which, 0] - since, first)


def _held(form: str, found: RecordedEvents, trace: Trace, reported: EventStreams) -> Claim:
    low, high = (
        float(
            np.maximum(0, np.minimum(until, trace.end) - np.maximum(trace.sent, trace.start)).sum()
        )
        / (trace.end - trace.start)
        for until in (found.left[:, -1] - CLOCKS_NS, found.latest[:, -1] + CLOCKS_NS)
    )
    return claim(
        GROUP,
        f"{form}: streams at once, on average",
        f"{low:.3f}-{high:.3f}",
        f"{reported.held_mean:.3f}",
        holds=0 < low <= reported.held_mean <= high,
    )


def _in_window(form: str, found: RecordedEvents, trace: Trace, reported: EventStreams) -> Claim:
    """Those near its ends may be within it or not."""
    since, until = found.left - CLOCKS_NS, found.latest + CLOCKS_NS
    low = int(((since >= trace.start) & (until < trace.end)).sum())
    high = int(((until >= trace.start) & (since < trace.end)).sum())
    return claim(
        GROUP,
        f"{form}: events in the window",
        f"{low:,}-{high:,}",
        f"{reported.events_in_window:,}",
        holds=0 < low <= reported.events_in_window <= high,
    )


def exactness(form: str, seen: Recorded, books: dict[str, Any]) -> list[Claim]:
    """Note how far gaps are off, as figures and one by one, and times to the first byte."""
    found, reported = RecordedEvents.of(seen, books), seen.trace.observation.streams
    if found is None or reported is None or seen.answers is None:
        return []
    which = counted(seen.trace)
    gaps, truth = (np.diff(each[which], axis=1).ravel() for each in (found.came, found.left))
    first = (found.left[:, 0] - seen.answers.came)[which]
    return [
        noted(FIGURES, f"gaps between events ({form})", _errors(reported.gap, truth)),
        noted(FIGURES, f"first byte of streams ({form})", _errors(reported.first_byte, first)),
        noted(
            REQUESTS,
            f"gaps between events ({form})",
            us(*np.percentile(np.abs(gaps - truth), (_CENTRE, _TAIL))),
        ),
    ]


def _errors(reported: Histogram, truth: Times) -> str:
    return signed_us(*figure_errors(reported, truth).values()) if truth.size else "none"
