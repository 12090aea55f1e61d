"""A server that lies: each lie must be counted once, as what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from bench.facts.selftest import Claim
from bench.facts.slice import Observation, Outcome
from bench.facts.streams import EventFault
from bench.proof.reference.event_lies import EventLie
from bench.proof.reference.event_streams import EVENTS, EventForm
from bench.proof.reference.http3.lie_names import Http3Lie
from bench.proof.reference.lying_server import Lie
from bench.proof.reference.stream_lies import StreamLie
from bench.proof.reference.websocket_lies import WebSocketLie
from bench.proof.selftest.claims import claim

GROUP: Final = "A server that misbehaves (lost: connections that it closed)"

AnyLie = Lie | StreamLie | Http3Lie | WebSocketLie | EventLie

OUTCOMES: Final[Mapping[AnyLie, Outcome]] = {
    Lie.WRONG_BODY: Outcome.WRONG_BODY,
    Lie.WRONG_STATUS: Outcome.WRONG_STATUS,
    Lie.TRUNCATED_BODY: Outcome.RESET,
    Lie.TOO_LONG_A_BODY: Outcome.WRONG_BODY,
    Lie.LENGTH_TOO_LARGE: Outcome.TIMEOUT,
    Lie.TWO_ANSWERS: Outcome.WRONG_BODY,
    Lie.NO_ANSWER: Outcome.TIMEOUT,
    Lie.RESET_IN_BODY: Outcome.RESET,
    Lie.ENDLESS_HEAD: Outcome.WRONG_BODY,
    Lie.ANSWER_AND_CLOSE: Outcome.OK,
    Lie.ONE_BYTE_AT_A_TIME: Outcome.OK,
    StreamLie.WRONG_BODY: Outcome.WRONG_BODY,
    StreamLie.WRONG_STATUS: Outcome.WRONG_STATUS,
    StreamLie.WRONG_CONTENT_LENGTH: Outcome.WRONG_BODY,
    StreamLie.RST_STREAM: Outcome.RESET,
    StreamLie.RST_STREAM_IN_BODY: Outcome.RESET,
    StreamLie.GOAWAY_IN_MID_RUN: Outcome.OK,
    StreamLie.CONNECTION_RESET_IN_BODY: Outcome.RESET,
    StreamLie.NO_ANSWER: Outcome.TIMEOUT,
    StreamLie.WINDOW_NEVER_OPENED: Outcome.TIMEOUT,
    StreamLie.DATA_ON_NO_STREAM: Outcome.WRONG_BODY,
    StreamLie.SETTINGS_FLOOD: Outcome.WRONG_BODY,
    StreamLie.PING_FLOOD: Outcome.WRONG_BODY,
    StreamLie.HEADER_BOMB: Outcome.WRONG_BODY,
    StreamLie.BYTES_AFTER_THE_END: Outcome.OK,
    StreamLie.PADDED_AND_IN_PIECES: Outcome.OK,
    Http3Lie.WRONG_BODY: Outcome.WRONG_BODY,
    Http3Lie.WRONG_STATUS: Outcome.WRONG_STATUS,
    Http3Lie.CONTENT_LENGTH_TOO_LARGE: Outcome.WRONG_BODY,
    Http3Lie.DATA_AFTER_CONTENT_LENGTH: Outcome.WRONG_BODY,
    Http3Lie.RESET_STREAM: Outcome.RESET,
    Http3Lie.RESET_STREAM_IN_BODY: Outcome.RESET,
    Http3Lie.GOAWAY_IN_MID_RUN: Outcome.OK,
    Http3Lie.CLOSE_IN_BODY: Outcome.RESET,
    Http3Lie.NO_ANSWER: Outcome.TIMEOUT,
    Http3Lie.STREAM_LEFT_OPEN: Outcome.TIMEOUT,
    Http3Lie.DATA_BEFORE_HEADERS: Outcome.WRONG_BODY,
    Http3Lie.TRAILERS_BEFORE_THE_END: Outcome.WRONG_BODY,
    Http3Lie.HEADER_BOMB: Outcome.WRONG_BODY,
    Http3Lie.CONTROL_FLOOD: Outcome.WRONG_BODY,
    Http3Lie.INTERIM_AND_IN_PIECES: Outcome.OK,
    WebSocketLie.WRONG_ECHO: Outcome.WRONG_BODY,
    WebSocketLie.MASKED_BY_THE_SERVER: Outcome.WRONG_BODY,
    WebSocketLie.FLOOD_OF_PINGS: Outcome.TIMEOUT,
    WebSocketLie.CLOSE_IN_MID_MESSAGE: Outcome.RESET,
    WebSocketLie.NO_ECHO: Outcome.TIMEOUT,
    WebSocketLie.FRAGMENTED: Outcome.OK,
    EventLie.MISSING_EVENT: Outcome.WRONG_BODY,
    EventLie.DOUBLED_EVENT: Outcome.WRONG_BODY,
    EventLie.SWAPPED_EVENTS: Outcome.WRONG_BODY,
    EventLie.WRONG_EVENT: Outcome.WRONG_BODY,
    EventLie.ONE_EVENT_TOO_MANY: Outcome.WRONG_BODY,
    EventLie.EVENTS_WITHOUT_END: Outcome.WRONG_BODY,
    EventLie.CUT_IN_MID_EVENT: Outcome.RESET,
    EventLie.LAST_EVENT_UNENDED: Outcome.WRONG_BODY,
    EventLie.STREAM_LEFT_OPEN: Outcome.TIMEOUT,
    EventLie.COMMENTS_WITHOUT_END: Outcome.TIMEOUT,
    EventLie.WRONG_TYPE: Outcome.WRONG_BODY,
    EventLie.COMMENTS_BETWEEN_EVENTS: Outcome.OK,
    EventLie.EVENTS_BYTE_BY_BYTE: Outcome.OK,
}

FAULTS: Final[Mapping[AnyLie, EventFault]] = {
    EventLie.MISSING_EVENT: EventFault.MISSING,
    EventLie.DOUBLED_EVENT: EventFault.DOUBLED,
    EventLie.SWAPPED_EVENTS: EventFault.MISPLACED,
    EventLie.WRONG_EVENT: EventFault.WRONG,
    EventLie.ONE_EVENT_TOO_MANY: EventFault.SURPLUS,
    EventLie.EVENTS_WITHOUT_END: EventFault.SURPLUS,
    EventLie.LAST_EVENT_UNENDED: EventFault.MISSING,
}
"""What is wrong with one event of each stream that is such a lie."""

ENDING: Final = frozenset(
    {
        Lie.TRUNCATED_BODY,
        Lie.RESET_IN_BODY,
        Lie.ANSWER_AND_CLOSE,
        StreamLie.CONNECTION_RESET_IN_BODY,
        Http3Lie.CLOSE_IN_BODY,
        WebSocketLie.CLOSE_IN_MID_MESSAGE,
        EventLie.CUT_IN_MID_EVENT,
    }
)
"""Each of these costs a connection at once, whatever else is in flight there."""

GOING_AWAY: Final = frozenset({StreamLie.GOAWAY_IN_MID_RUN, Http3Lie.GOAWAY_IN_MID_RUN})
"""Each of these has requests sent again, over another connection."""

LOSING: Final = ENDING | GOING_AWAY
"""Each of these costs a connection, closed by the server."""

BREAKING: Final = frozenset(
    {
        StreamLie.DATA_ON_NO_STREAM,
        StreamLie.SETTINGS_FLOOD,
        StreamLie.PING_FLOOD,
        StreamLie.HEADER_BOMB,
        StreamLie.BYTES_AFTER_THE_END,
        Http3Lie.DATA_BEFORE_HEADERS,
        Http3Lie.HEADER_BOMB,
        Http3Lie.CONTROL_FLOOD,
        WebSocketLie.MASKED_BY_THE_SERVER,
        EventLie.ONE_EVENT_TOO_MANY,
        EventLie.EVENTS_WITHOUT_END,
    }
)
"""Each of these breaks the protocol: the generator gives the connection up."""

LATE_NS: Final = 10_000_000_000
"""That a slice may end after its deadline: what is done after it takes milliseconds on a quiet
machine. A generator that a lie holds up never ends."""

MOST_MEMORY: Final = 64 * 1024 * 1024
"""Bytes that the generator may take more than before. What is sent without end fills any memory."""

_MIB: Final = 1024 * 1024
_RIGHT: Final = "right"
_Events = Mapping[str, int]
"""Events of streams: of right ones, and by what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Told:
    """One lie, told to one in `every` of so many requests; `form`: of streams of events."""

    lie: AnyLie
    requests: int
    every: int
    form: EventForm | None = None

    @property
    def name(self) -> str:
        """What is done to whom."""
        what = self.lie.replace("-", " ") + (f" ({self.form})" if self.form else "")
        return f"{what}, 1 in {self.every} of {self.requests:,}"


@dataclass(frozen=True, slots=True)
class LiarBooks:
    """How often a server lied in one way, and how many requests it looked at under that path."""

    committed: int
    looked_at: int

    def since(self, before: Self) -> Self:
        """What came after."""
        return replace(
            self,
            committed=self.committed - before.committed,
            looked_at=self.looked_at - before.looked_at,
        )


def counted(told: Told, books: LiarBooks, seen: Observation, found_lost: int) -> Claim:
    """Every request has its outcome, and those that were lied to have the lie's.

    books: the server's, of this slice. found_lost: connections that the generator found closed, in
    the slice and after it.
    """
    committed = books.committed
    expected = _outcomes(told.lie, told.requests, committed)
    lost = committed if told.lie in LOSING else 0
    broken = committed if told.lie in BREAKING else 0
    found_broken = seen.connections_opened if told.lie in BREAKING else 0
    events, found_events = _expected_events(told, expected, committed), _events(seen)
    return claim(
        GROUP,
        told.name,
        _words(expected, lost, broken, events),
        _words(seen.outcomes, found_lost, found_broken, found_events),
        holds=_as_many_as_told(told, books)
        and seen.outcomes == expected
        and found_lost == lost
        and found_broken == broken
        and found_events == events,
    )


def _as_many_as_told(told: Told, books: LiarBooks) -> bool:
    """Whether the server has lied as often as it was told to.

    It does not look at requests that come after its GOAWAY, and cannot know one that comes a second
    time from a new one: where many are on their way, on a busy machine, it lies less often. But by
    its books each was looked at once, and that which it went away at once more: every request that
    it turned away, however many these were, has come again, and none has that it answered.
    """
    most = told.requests // told.every
    if told.lie in GOING_AWAY:
        again = books.looked_at - told.requests
        return 0 < books.committed <= most and again == books.committed
    return books.committed == most


def _expected_events(told: Told, outcomes: Mapping[Outcome, int], committed: int) -> _Events:
    """Those of right streams, and what is wrong with others."""
    if told.form is None:
        return {}
    expected: dict[str, int] = {_RIGHT: EVENTS * outcomes[Outcome.OK]}
    if told.lie in FAULTS:
        expected[FAULTS[told.lie]] = committed
    return expected


def _events(seen: Observation) -> _Events:
    if seen.streams is None:
        return {}
    faults = seen.streams.faults.items()
    return {_RIGHT: seen.streams.events} | {str(kind): count for kind, count in faults}


def _outcomes(lie: AnyLie, requests: int, committed: int) -> dict[Outcome, int]:
    if OUTCOMES[lie] is Outcome.OK:
        return {Outcome.OK: requests}
    return {Outcome.OK: requests - committed, OUTCOMES[lie]: committed}


def _words(outcomes: Mapping[Outcome, int], lost: int, broken: int, events: _Events) -> str:
    words = [f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in outcomes.items()]
    words += [f"{lost} lost"] if lost else []
    words += [f"{broken} given up"] if broken else []
    told = ", ".join(f"{count:,} {kind}" for kind, count in events.items())
    return ", ".join(words) + (f"; events: {told}" if told else "")


def bounded(grown_bytes: int) -> Claim:
    """No lie may fill the memory; `grown_bytes`: by how much the generator's peak has grown."""
    return claim(
        GROUP,
        "growth of the generator's memory",
        f"at most {MOST_MEMORY / _MIB:.0f} MiB",
        f"{grown_bytes / _MIB:.1f} MiB",
        holds=grown_bytes <= MOST_MEMORY,
    )


def in_time(late_ns: int) -> Claim:
    """No lie may hold the generator up; `late_ns`: by how much the worst did."""
    return claim(
        GROUP,
        "latest end after the deadline",
        f"at most {LATE_NS / 1e9:.1f} s",
        f"{max(0, late_ns) / 1e9:.1f} s",
        holds=late_ns <= LATE_NS,
    )
