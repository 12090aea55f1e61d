"""Counting lies: by the server's own books, against what the instrument says."""

import pytest

from bench.facts.selftest import Finding
from bench.facts.slice import Outcome
from bench.facts.streams import EventFault, EventStreams
from bench.proof.reference.event_lies import EVENT_LIES, EventLie
from bench.proof.reference.event_streams import EVENTS, EventForm
from bench.proof.reference.http3.http3_lies import HTTP3_LIES
from bench.proof.reference.http3.lie_names import Http3Lie
from bench.proof.reference.lying_server import Lie
from bench.proof.reference.stream_lies import STREAM_LIES, StreamLie
from bench.proof.reference.websocket_lies import WEBSOCKET_LIES, WebSocketLie
from bench.proof.selftest.fault_counts import (
    MOST_MEMORY,
    OUTCOMES,
    AnyLie,
    LiarBooks,
    Told,
    bounded,
    counted,
    in_time,
)
from bench.stats.histogram import Histogram
from tests.build.slices import observation

HOLDS, FAILS = Finding.HOLDS, Finding.FAILS


def test_every_lie_has_an_outcome() -> None:
    """None is forgotten."""
    assert set(OUTCOMES) == {*Lie, *StreamLie, *Http3Lie, *WebSocketLie, *EventLie}


@pytest.mark.parametrize(
    ("lie", "outcomes", "lost", "finding"),
    [
        (Lie.WRONG_BODY, {Outcome.OK: 990, Outcome.WRONG_BODY: 10}, 0, Finding.HOLDS),
        (Lie.WRONG_BODY, {Outcome.OK: 991, Outcome.WRONG_BODY: 9}, 0, Finding.FAILS),
        (Lie.WRONG_BODY, {Outcome.OK: 989, Outcome.WRONG_BODY: 11}, 0, Finding.FAILS),
        (Lie.WRONG_BODY, {Outcome.OK: 990, Outcome.WRONG_STATUS: 10}, 0, Finding.FAILS),
        (
            Lie.WRONG_BODY,
            {Outcome.OK: 989, Outcome.WRONG_BODY: 10, Outcome.TIMEOUT: 1},
            0,
            Finding.FAILS,
        ),
        (Lie.WRONG_BODY, {Outcome.OK: 990, Outcome.WRONG_BODY: 10}, 1, Finding.FAILS),
        (Lie.RESET_IN_BODY, {Outcome.OK: 990, Outcome.RESET: 10}, 10, Finding.HOLDS),
        (Lie.RESET_IN_BODY, {Outcome.OK: 990, Outcome.RESET: 10}, 9, Finding.FAILS),
        (Lie.ANSWER_AND_CLOSE, {Outcome.OK: 1000}, 10, Finding.HOLDS),
        (Lie.ANSWER_AND_CLOSE, {Outcome.OK: 999, Outcome.RESET: 1}, 10, Finding.FAILS),
        (Lie.ONE_BYTE_AT_A_TIME, {Outcome.OK: 1000}, 0, Finding.HOLDS),
    ],
)
def test_each_lie_is_counted_once_as_what_it_is(
    lie: Lie, outcomes: dict[Outcome, int], lost: int, finding: Finding
) -> None:
    """Ten lies in a thousand requests."""
    seen = observation(outcomes=outcomes)
    assert counted(Told(lie, 1000, 100), LiarBooks(10, 1010), seen, lost).finding is finding


@pytest.mark.parametrize(
    ("lie", "outcomes", "opened", "lost", "finding"),
    [
        (StreamLie.RST_STREAM, {Outcome.OK: 990, Outcome.RESET: 10}, 0, 0, Finding.HOLDS),
        (StreamLie.RST_STREAM, {Outcome.OK: 990, Outcome.RESET: 10}, 0, 1, Finding.FAILS),
        (StreamLie.PING_FLOOD, {Outcome.OK: 990, Outcome.WRONG_BODY: 10}, 10, 0, Finding.HOLDS),
        (StreamLie.PING_FLOOD, {Outcome.OK: 990, Outcome.WRONG_BODY: 10}, 9, 0, Finding.FAILS),
        (StreamLie.PING_FLOOD, {Outcome.OK: 990, Outcome.WRONG_BODY: 10}, 11, 0, Finding.FAILS),
        (StreamLie.PING_FLOOD, {Outcome.OK: 1000}, 10, 0, Finding.FAILS),
        (StreamLie.BYTES_AFTER_THE_END, {Outcome.OK: 1000}, 10, 0, Finding.HOLDS),
        (StreamLie.BYTES_AFTER_THE_END, {Outcome.OK: 1000}, 0, 0, Finding.FAILS),
        (WebSocketLie.MASKED_BY_THE_SERVER, {Outcome.OK: 1000}, 10, 0, Finding.FAILS),
        (WebSocketLie.FRAGMENTED, {Outcome.OK: 1000}, 0, 0, Finding.HOLDS),
        (WebSocketLie.FRAGMENTED, {Outcome.OK: 999, Outcome.WRONG_BODY: 1}, 0, 0, Finding.FAILS),
        (
            WebSocketLie.CLOSE_IN_MID_MESSAGE,
            {Outcome.OK: 990, Outcome.RESET: 10},
            10,
            9,
            Finding.FAILS,
        ),
        (StreamLie.GOAWAY_IN_MID_RUN, {Outcome.OK: 1000}, 10, 10, Finding.HOLDS),
        (StreamLie.GOAWAY_IN_MID_RUN, {Outcome.OK: 1000}, 0, 0, Finding.FAILS),
        (StreamLie.GOAWAY_IN_MID_RUN, {Outcome.OK: 999, Outcome.RESET: 1}, 10, 10, Finding.FAILS),
    ],
)
def test_lies_cost_what_they_must(
    lie: AnyLie, outcomes: dict[Outcome, int], opened: int, lost: int, finding: Finding
) -> None:
    """Breaking the protocol costs the connection, going away too, and nothing else does."""
    seen = observation(outcomes=outcomes, connections_opened=opened)
    assert counted(Told(lie, 1000, 100), LiarBooks(10, 1010), seen, lost).finding is finding


@pytest.mark.parametrize("lie", [StreamLie.GOAWAY_IN_MID_RUN, Http3Lie.GOAWAY_IN_MID_RUN])
@pytest.mark.parametrize(
    ("committed", "looked_at", "finding"),
    [(10, 1010, HOLDS), (7, 1007, HOLDS), (7, 1008, FAILS), (7, 1006, FAILS), (11, 1011, FAILS)],
)
def test_what_was_turned_away_has_come_again_once(
    lie: AnyLie, committed: int, looked_at: int, finding: Finding
) -> None:
    """By the server's books: none too few, none too many, however often it went away."""
    seen = observation(outcomes={Outcome.OK: 1000})
    books = LiarBooks(committed, looked_at)
    assert counted(Told(lie, 1000, 100), books, seen, committed).finding is finding


def test_every_lie_can_be_told() -> None:
    """By the lying server."""
    assert set(STREAM_LIES) == set(StreamLie)
    assert set(WEBSOCKET_LIES) == set(WebSocketLie)
    assert set(EVENT_LIES) == set(EventLie)
    assert set(HTTP3_LIES) == set(Http3Lie)


@pytest.mark.parametrize(
    ("lie", "outcome", "events", "faults", "finding"),
    [
        (EventLie.MISSING_EVENT, Outcome.WRONG_BODY, 990, {EventFault.MISSING: 10}, HOLDS),
        (EventLie.MISSING_EVENT, Outcome.WRONG_BODY, 990, {EventFault.MISSING: 9}, FAILS),
        (EventLie.MISSING_EVENT, Outcome.WRONG_BODY, 989, {EventFault.MISSING: 10}, FAILS),
        (EventLie.MISSING_EVENT, Outcome.WRONG_BODY, 990, {EventFault.WRONG: 10}, FAILS),
        (EventLie.MISSING_EVENT, Outcome.RESET, 990, {EventFault.MISSING: 10}, FAILS),
        (
            EventLie.DOUBLED_EVENT,
            Outcome.WRONG_BODY,
            990,
            {EventFault.DOUBLED: 10, EventFault.MISSING: 1},
            FAILS,
        ),
        (EventLie.STREAM_LEFT_OPEN, Outcome.TIMEOUT, 990, {}, HOLDS),
        (EventLie.WRONG_TYPE, Outcome.WRONG_BODY, 990, {}, HOLDS),
    ],
)
def test_what_is_wrong_with_events_is_counted_too(
    lie: EventLie,
    outcome: Outcome,
    events: int,
    faults: dict[EventFault, int],
    finding: Finding,
) -> None:
    """Ten of a thousand streams, one event each; the events of all others are right."""
    none = Histogram.empty()
    streams = EventStreams(
        streams=990, events=events * EVENTS, first_byte=none, gap=none, duration=none, plain=None,
        events_in_window=0, held_mean=0.0, faults=faults,
    )  # fmt: skip
    seen = observation(outcomes={Outcome.OK: 990, outcome: 10}, streams=streams)
    told = Told(lie, 1000, 100, EventForm.SSE)
    assert counted(told, LiarBooks(10, 1000), seen, 0).finding is finding


@pytest.mark.parametrize(("more", "finding"), [(0, Finding.HOLDS), (1, Finding.FAILS)])
def test_no_lie_may_fill_the_memory(more: int, finding: Finding) -> None:
    """Of the generator."""
    assert bounded(MOST_MEMORY + more).finding is finding


def test_a_server_that_has_not_lied_shows_nothing() -> None:
    """However well its answers were counted."""
    seen = observation(outcomes={Outcome.OK: 1000})
    assert (
        counted(Told(Lie.WRONG_BODY, 1000, 100), LiarBooks(0, 1000), seen, 0).finding
        is Finding.FAILS
    )


@pytest.mark.parametrize(
    ("late_s", "finding"), [(-1, Finding.HOLDS), (9, Finding.HOLDS), (11, Finding.FAILS)]
)
def test_no_lie_may_hold_the_generator_up(late_s: int, finding: Finding) -> None:
    """Ten seconds after the deadline no machine is that busy."""
    assert in_time(late_s * 1_000_000_000).finding is finding
