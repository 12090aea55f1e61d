"""What streams of events have shown in one slice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite
from statistics import median

from bench.facts.combining import occurrences, over_windows
from bench.stats.histogram import Histogram


class EventFault(StrEnum):
    """What can be wrong with an event of a stream; each is counted once, as one of these.

    MISSING: it never came. DOUBLED: it came again. MISPLACED: it came after a later one. WRONG: it
    is right nowhere near its place. SURPLUS: it came after the last.
    """

    MISSING = "missing"
    DOUBLED = "doubled"
    MISPLACED = "misplaced"
    WRONG = "wrong"
    SURPLUS = "surplus"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreams:
    """Streams of events among the answers of a slice.

    Histograms hold nanoseconds, of right streams that are counted (see `Observation`); an event has
    come when the kernel received the last bytes of the read that completed it, as far as it stamps,
    else when it was read. streams: how many these are. events: of all of them. first_byte: until
    the first byte of the answer: response times (open loop) or service times (closed loop) up to
    there. gap: between an event and the next one of its stream. duration: times of the streams as
    of all requests, until the last byte. plain: the times of the other requests; None: there were
    none. events_in_window: right events that came in the window, of whatever stream. held_mean:
    right streams that were open at once, averaged over the window. faults: events of counted
    streams that were not as they should be.
    """

    streams: int
    events: int
    first_byte: Histogram
    gap: Histogram
    duration: Histogram
    plain: Histogram | None
    events_in_window: int
    held_mean: float
    faults: dict[EventFault, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftStreams:
    """Clients that left a stream of one server, one after the other, while nothing else went on.

    Each had its first event, with the next one due only after `patience_ns`, and closed its
    connection. noticed_ns: from the call of close() until the app had ended that stream, by its own
    clock, of every client that was noticed within `patience_ns`. unnoticed: how many were not.
    """

    profile: str
    noticed_ns: tuple[int, ...]
    unnoticed: int
    patience_ns: int

    @property
    def left(self) -> int:
        """How many clients left."""
        return len(self.noticed_ns) + self.unnoticed

    @property
    def median_ms(self) -> float | None:
        """Median over all that left; None where half of them, or more, were not noticed."""
        times = [*self.noticed_ns, *([inf] * self.unnoticed)]
        middle = median(times) / 1e6 if times else inf
        return middle if isfinite(middle) else None

    @property
    def longest_ms(self) -> float | None:
        """Of those that were noticed; None where one was not: it took longer."""
        return max(self.noticed_ns) / 1e6 if self.noticed_ns and not self.unnoticed else None


def streams_in_sequence(
    values: Sequence[EventStreams | None], windows: Sequence[int]
) -> EventStreams | None:
    """Those of pieces, one after the other; None where none of them had any."""
    known = [value for value in values if value]
    held = over_windows([value.held_mean if value else 0.0 for value in values], windows)
    return _together(known, held) if known else None


def streams_in_parallel(
    values: Sequence[EventStreams | None], _windows: Sequence[int]
) -> EventStreams | None:
    """Those of generators at once."""
    known = [value for value in values if value]
    return _together(known, sum(value.held_mean for value in known)) if known else None


def _together(known: Sequence[EventStreams], held_mean: float) -> EventStreams:
    plain = [value.plain for value in known if value.plain is not None]
    faults = occurrences([value.faults for value in known])
    return EventStreams(
        streams=sum(value.streams for value in known),
        events=sum(value.events for value in known),
        first_byte=Histogram.merged(value.first_byte for value in known),
        gap=Histogram.merged(value.gap for value in known),
        duration=Histogram.merged(value.duration for value in known),
        plain=Histogram.merged(plain) if plain else None,
        events_in_window=sum(value.events_in_window for value in known),
        held_mean=held_mean,
        faults={kind: faults[kind] for kind in EventFault if kind in faults},
    )
