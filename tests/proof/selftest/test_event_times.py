"""Streams of events whose true times are known: what is reported of them, and what may not be."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.facts.selftest import Claim, Finding
from bench.facts.streams import EventStreams
from bench.load.order import EventTimes
from bench.proof.reference.event_streams import EVENTS, GAPS_NS, due_after_ns
from bench.proof.selftest.event_times import claims, exactness
from bench.proof.selftest.server_record import Recorded
from bench.stats.histogram import Histogram
from tests.build.traces import BEGIN, MS, US, WAY, Times, every, recorded

STREAMS = 50
DUE = every(20, STREAMS)
AFTER = np.array(list(due_after_ns()), dtype=np.int64)
WRITING = 8 * US  # from before the server gives an event to the kernel until after


def heard(
    came: Times, read: Times | None = None, **reported: Any
) -> tuple[Recorded, dict[str, Any]]:
    """A load of streams, and the server's books of its events; shapes (STREAMS, EVENTS).

    came: when the kernel had each event, ns. reported: of `EventStreams`, in place of the truth.
    """
    left = (DUE + WAY)[:, None] + AFTER
    seen = recorded(DUE, int(AFTER[-1]), connections=STREAMS)
    trace = seen.trace
    held = np.minimum(came[:, -1], trace.end) - trace.sent
    truth: dict[str, Any] = {
        "streams": STREAMS,
        "events": came.size,
        "first_byte": Histogram.of(came[:, 0] - DUE),
        "gap": Histogram.of(np.diff(came, axis=1).ravel()),
        "duration": Histogram.of(came[:, -1] - DUE),
        "plain": None,
        "events_in_window": int(((came >= trace.start) & (came < trace.end)).sum()),
        "held_mean": float(np.maximum(held, 0).sum()) / (trace.end - trace.start),
    }
    streams = EventStreams(**{**truth, **reported})
    slots = np.repeat(np.arange(STREAMS), EVENTS)
    times = EventTimes(slots, came.ravel(), (came if read is None else read).ravel())
    observation = replace(trace.observation, streams=streams)
    books = {
        "answered": left.size,
        "turn": slots.tolist(),
        "number": np.tile(np.arange(EVENTS), STREAMS).tolist(),
        "left": left.ravel().tolist(),
        "sent": (left + WRITING).ravel().tolist(),
    }
    return replace(seen, trace=replace(trace, observation=observation, events=times)), books


def at_once() -> Times:
    """When events came that were on their way for 5 us."""
    return (DUE + 2 * WAY)[:, None] + AFTER


def failing(found: list[Claim]) -> list[str]:
    """What was claimed, and does not hold."""
    return [each.claim.partition(": ")[2] for each in found if each.finding is Finding.FAILS]


def test_the_schedule_has_gaps_that_percentiles_tell_apart() -> None:
    """Of 25: p50 is 10 ms, p95 40 and p99 80, each away from the steps."""
    shares = {gap_ns // MS: GAPS_NS.count(gap_ns) for gap_ns in GAPS_NS}
    assert shares == {10: 22, 40: 2, 80: 1}
    assert len(GAPS_NS) == EVENTS - 1


def test_what_is_reported_as_it_was_holds() -> None:
    """One late event a stream, and the percentiles of the schedule."""
    found = claims("sse", *heard(at_once()))
    assert failing(found) == []
    by_name = {each.claim.partition(": ")[2]: each for each in found}
    assert by_name["events, each once"].measured == f"{STREAMS * EVENTS:,}"
    assert by_name["events more than 60 ms after the one before"].measured == "50"
    gaps = by_name["gap between events, p50, p95, p99"]
    assert [round(float(each)) for each in gaps.measured.removesuffix(" ms").split(", ")] == [
        10, 40, 80,
    ]  # fmt: skip


def test_events_that_are_read_at_once_have_the_time_of_the_last() -> None:
    """The reader was late: it found the fourth event and the fifth together."""
    came = at_once()
    came[:, 3] = came[:, 4]
    assert failing(claims("sse", *heard(came))) == []


def test_no_event_may_come_before_it_left() -> None:
    """By more than the clocks disagree."""
    came = at_once()
    came[7, 5] -= 50 * US
    assert "least after an event left, most after it was sent" in failing(
        claims("sse", *heard(came))
    )


def test_no_event_that_was_read_alone_may_come_long_after_it_was_sent() -> None:
    """That would be the reader's own delay."""
    came = at_once()
    came[7, 5] += MS
    assert failing(claims("sse", *heard(came))) == [
        "least after an event left, most after it was sent"
    ]


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ({"first_byte": Histogram.of(DUE - DUE + 31 * MS)}, ["first byte, p50, p95"]),
        ({"held_mean": 1.0}, ["streams at once, on average"]),
        ({"events_in_window": 900}, ["events in the window"]),
        (
            {"gap": Histogram.of(np.tile(np.array(GAPS_NS) // 2, STREAMS))},
            [
                "gap between events, p50, p95, p99",
                "events more than 60 ms after the one before",
            ],
        ),
    ],
)
def test_a_figure_that_is_not_the_truth_fails(
    reported: dict[str, Any], expected: list[str]
) -> None:
    """And it alone."""
    assert failing(claims("sse", *heard(at_once(), **reported))) == expected


def _one_less(books: dict[str, Any]) -> dict[str, Any]:
    return {**{name: books[name][1:] for name in ("turn", "number", "left", "sent")},
            "answered": books["answered"] - 1}  # fmt: skip


def _no_room(books: dict[str, Any]) -> dict[str, Any]:
    return {**books, "answered": books["answered"] + 1}


@pytest.mark.parametrize("other", [_one_less, _no_room])
def test_books_of_other_events_are_no_truth(
    other: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """Then nothing else is claimed, and no exactness is known."""
    seen, books = heard(at_once())
    assert failing(claims("sse", seen, other(books))) == ["events, each once"]
    assert exactness("sse", seen, other(books)) == []


def test_exactness_is_noted_by_figure_and_by_gap() -> None:
    """Each event was 5 us on its way, and so was each first byte; gaps are exact."""
    figures, first, each = exactness("sse", *heard(at_once()))
    assert {figure.finding for figure in (figures, first, each)} == {Finding.NOTED}
    assert each.measured == "0, 0 us"
    assert first.claim == "first byte of streams (sse)"


def test_where_the_kernel_does_not_stamp_events_came_when_they_were_read() -> None:
    """They may then be late by whatever the reader was."""
    came = at_once() + 30 * MS
    seen, books = heard(came)
    bare = replace(seen.trace.observation, client_delay=None)
    seen = replace(seen, trace=replace(seen.trace, observation=bare))
    assert came.min() > BEGIN
    assert failing(claims("sse", seen, books)) == []
