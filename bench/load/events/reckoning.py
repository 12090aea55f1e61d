"""From what was written down of streams to what they have shown: pure functions on arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.facts.combining import occurrences
from bench.facts.streams import EventFault, EventStreams
from bench.load.events.log import EventLog
from bench.stats.histogram import Histogram

_Times = NDArray[np.int64]
_Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answers:
    """The requests of a load, by slot; all arrays have shape (n,), times are ns.

    begun: from when the time of each counts: when it was sent, less what it waited for a
    connection. came: when its answer had. right: of all, those answered correctly; counted:
    those that belong to the window. start, end: of the window.
    """

    sent: _Times
    begun: _Times
    came: _Times
    right: _Flags
    counted: _Flags
    start: int
    end: int


def reckon_streams(
    log: EventLog, answers: Answers, clock_offset_ns: int | None
) -> EventStreams | None:
    """What streams have shown; None where no answer was one. See `EventStreams`."""
    if not log.first:
        return None
    slots, came, _ = events_by_slot(log, clock_offset_ns)
    first = first_bytes(log, answers.sent.size, clock_offset_ns)
    kept = answers.right & answers.counted
    streams, plain = kept & (first > 0), kept & (first == 0)
    times = answers.came - answers.begun
    in_window = (came >= answers.start) & (came < answers.end)
    return EventStreams(
        streams=int(streams.sum()),
        events=int(streams[slots].sum()),
        first_byte=Histogram.of((first - answers.begun)[streams]),
        gap=Histogram.of(_gaps(slots, came, streams)),
        duration=Histogram.of(times[streams]),
        plain=Histogram.of(times[plain]) if plain.any() else None,
        events_in_window=int(in_window.sum()),
        held_mean=_held_mean(answers, answers.right & (first > 0)),
        faults=_faults(log.faults, answers.counted),
    )


def first_bytes(log: EventLog, size: int, clock_offset_ns: int | None) -> _Times:
    """When the first byte of each answer came that was a stream, by slot; 0: it was none."""
    found = np.zeros(size, dtype=np.int64)
    if log.first:
        slots = np.fromiter(log.first, dtype=np.int64)
        read, stamps = np.array(list(log.first.values()), dtype=np.int64).T
        found[slots] = came_at(read, stamps, clock_offset_ns)
    return found


def event_times(log: EventLog, clock_offset_ns: int | None) -> _Times:
    """When right events of all streams came, in their order."""
    _, read, stamps = log.columns()
    return came_at(read, stamps, clock_offset_ns)


def events_by_slot(log: EventLog, clock_offset_ns: int | None) -> tuple[_Times, _Times, _Times]:
    """The slot of each right event, when it came, and when it was read.

    Those of a slot are together, in their order.
    """
    slots, read, stamps = log.columns()
    order = np.argsort(slots, kind="stable")
    return slots[order], came_at(read, stamps, clock_offset_ns)[order], read[order]


def came_at(read: _Times, stamps: _Times, clock_offset_ns: int | None) -> _Times:
    """When bytes came: by the kernel's stamps, where there are any, else when they were read."""
    if clock_offset_ns is None:
        return read
    return np.where(stamps > 0, stamps - clock_offset_ns, read)


def _gaps(slots: _Times, came: _Times, streams: _Flags) -> _Times:
    """Times between an event and the next of its stream, of these streams."""
    found: _Times = np.diff(came)[(slots[1:] == slots[:-1]) & streams[slots[1:]]]
    return found


def _held_mean(answers: Answers, streams: _Flags) -> float:
    """Time for which streams were open within the window / length of the window."""
    until, since = answers.came[streams], answers.sent[streams]
    overlap = np.minimum(until, answers.end) - np.maximum(since, answers.start)
    return float(np.maximum(overlap, 0).sum()) / (answers.end - answers.start)


def _faults(
    by_slot: Mapping[int, Mapping[EventFault, int]], counted: _Flags
) -> dict[EventFault, int]:
    """How often each came in counted streams."""
    found = occurrences([faults for slot, faults in by_slot.items() if counted[slot]])
    return {kind: found[kind] for kind in EventFault if kind in found}
