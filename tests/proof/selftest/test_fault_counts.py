"""Counting lies: by the server's own books, against what the instrument says."""

import pytest

from bench.facts.selftest import Finding
from bench.facts.slice import Outcome
from bench.proof.reference.lying_server import Lie
from bench.proof.reference.stream_lies import STREAM_LIES, StreamLie
from bench.proof.reference.websocket_lies import WEBSOCKET_LIES, WebSocketLie
from bench.proof.selftest.fault_counts import (
    MOST_MEMORY,
    OUTCOMES,
    AnyLie,
    Told,
    bounded,
    counted,
    in_time,
)
from tests.build.slices import observation


def test_every_lie_has_an_outcome() -> None:
    """None is forgotten."""
    assert set(OUTCOMES) == {*Lie, *StreamLie, *WebSocketLie}


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
    assert counted(Told(lie, 1000, 100), 10, seen, lost).finding is finding


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
    assert counted(Told(lie, 1000, 100), 10, seen, lost).finding is finding


def test_every_lie_can_be_told() -> None:
    """By the lying server."""
    assert set(STREAM_LIES) == set(StreamLie)
    assert set(WEBSOCKET_LIES) == set(WebSocketLie)


@pytest.mark.parametrize(("more", "finding"), [(0, Finding.HOLDS), (1, Finding.FAILS)])
def test_no_lie_may_fill_the_memory(more: int, finding: Finding) -> None:
    """Of the generator."""
    assert bounded(MOST_MEMORY + more).finding is finding


def test_a_server_that_has_not_lied_shows_nothing() -> None:
    """However well its answers were counted."""
    seen = observation(outcomes={Outcome.OK: 1000})
    assert counted(Told(Lie.WRONG_BODY, 1000, 100), 0, seen, 0).finding is Finding.FAILS


@pytest.mark.parametrize(
    ("late_s", "finding"), [(-1, Finding.HOLDS), (9, Finding.HOLDS), (11, Finding.FAILS)]
)
def test_no_lie_may_hold_the_generator_up(late_s: int, finding: Finding) -> None:
    """Ten seconds after the deadline no machine is that busy."""
    assert in_time(late_s * 1_000_000_000).finding is finding
