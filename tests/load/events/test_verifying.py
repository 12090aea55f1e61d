"""Each event that is not as it should be is counted once, as what it is."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.facts.streams import EventFault
from bench.load.events.verifying import EventVerifier, ExpectedStream
from bench.workload import Streamed

MISSING, DOUBLED, MISPLACED, WRONG, SURPLUS = EventFault
EVENTS = 5
Numbers = Sequence[int | str]


def is_number(event: bytes, number: int) -> str | None:
    """The right event of a number is that number."""
    return None if event == b"%d" % number else f"it is {event!r}"


def verified(numbers: Numbers, events: int = EVENTS, least: int | None = None) -> EventVerifier:
    """What is found of a stream."""
    verifier = EventVerifier(ExpectedStream(Streamed(events=events, fault=is_number, least=least)))
    for number in numbers:
        verifier.take(str(number).encode())
    verifier.end()
    return verifier


@pytest.mark.parametrize(
    ("numbers", "faults", "words"),
    [
        ((1, 2, 3, 4, 5), {}, None),
        ((), {MISSING: 5}, "5 of 5 events are missing"),
        ((1, 2, 3, 4), {MISSING: 1}, "1 of 5 events are missing"),
        ((2, 3, 4, 5), {MISSING: 1}, "event 2 came in place of 1"),
        ((1, 4, 5), {MISSING: 2}, "event 4 came in place of 2"),
        ((1, 2, 2, 3, 4, 5), {DOUBLED: 1}, "event 2 came twice"),
        ((1, 2, 3, 4, 5, 5), {DOUBLED: 1}, "event 5 came twice"),
        ((1, 2, 3, 1, 4, 5), {DOUBLED: 1}, "event 1 came twice"),
        ((1, 3, 2, 4, 5), {MISPLACED: 1}, "event 3 came in place of 2"),
        ((5, 4, 3, 2, 1), {MISPLACED: 4}, "event 5 came in place of 1"),
        ((1, 2, "x", 4, 5), {WRONG: 1}, "event 3: it is b'x'"),
        ((1, 2, "x", 3, 4, 5), {WRONG: 1}, "event 3: it is b'x'"),
        ((1, 2, 3, 4, 5, 6), {SURPLUS: 1}, "more than 5 events"),
        ((1, 1, "x", 5), {DOUBLED: 1, WRONG: 1, MISSING: 2}, "event 1 came twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_stream(
    numbers: Numbers, faults: dict[EventFault, int], words: str | None
) -> None:
    """Counts of all that is, and the first in words."""
    found = verified(numbers)
    assert found.faults == faults
    assert (found.example and found.example[0]) == words


@given(st.lists(st.integers(1, 16), min_size=1, unique=True))
def test_what_has_not_come_is_missing_and_what_has_is_not(come: list[int]) -> None:
    """In whatever order: each number is right, out of its place, or missing."""
    found = verified(come, 16)
    assert found.right + found.faults.get(MISPLACED, 0) == len(come)
    assert found.faults.get(MISSING, 0) == 16 - len(come)
    assert set(found.faults) <= {MISSING, MISPLACED}


def test_a_stream_may_have_fewer_events() -> None:
    """As many as the workload says, and without a hole."""
    assert verified((1, 2), least=2).faults == {}
    assert verified((1,), least=2).faults == {MISSING: 1}
    assert verified((1, 3), least=2).faults == {MISSING: 1}


@pytest.mark.parametrize("event", [b"5", b"x", b"6"])
def test_a_stream_that_goes_on_is_over(event: bytes) -> None:
    """Whatever it repeats."""
    verifier = EventVerifier(ExpectedStream(Streamed(events=5, fault=is_number)))
    taken = 0
    while not verifier.over:
        verifier.take(event)
        taken += 1
        assert taken < 20


def test_an_event_that_was_right_is_not_asked_about_again() -> None:
    """Under its number; another is."""
    asked: list[int] = []

    def fault(_: bytes, number: int) -> str | None:
        asked.append(number)
        return None

    expected = ExpectedStream(Streamed(events=3, fault=fault))
    for events in ((b"a", b"b", b"c"), (b"a", b"b", b"c"), (b"a", b"other", b"c")):
        verifier = EventVerifier(expected)
        assert [verifier.take(event) for event in events] == [True] * 3
    assert asked == [1, 2, 3, 2]


def test_a_check_that_trips_has_found_a_fault() -> None:
    """In its words."""
    verifier = EventVerifier(ExpectedStream(Streamed(events=1, fault=lambda e, _: str(int(e)))))
    verifier.take(b"x")
    assert verifier.faults == {WRONG: 1}
    assert verifier.example is not None
    assert "ValueError: invalid literal" in verifier.example[0]


def test_a_stream_of_nothing_but_faults_costs_few_questions() -> None:
    """Whether an event is that of another number is asked of the first few, near by."""
    asked = 0

    def fault(_event: bytes, _number: int) -> str | None:
        nonlocal asked
        asked += 1
        return "no"

    verifier = EventVerifier(ExpectedStream(Streamed(events=1000, fault=fault)))
    for _ in range(1000):
        verifier.take(b"x")
    assert verifier.faults == {WRONG: 1000}
    assert asked < 1000 + 16 * 64 + 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Streamed(events=0, fault=is_number), "a stream has 0 events: give 1 to 1,000,000"),
        (lambda: Streamed(events=2_000_000, fault=is_number), "a stream has 2000000 events"),
        (lambda: Streamed(events=2, least=3, fault=is_number), "at least 3 events of 2"),
        (lambda: Streamed(events=2, form="xml", fault=is_number),
         "a stream's form is 'xml': it is one of sse, lines, chunks"),
    ],
)  # fmt: skip
def test_what_bounds_nothing_is_refused(make: Callable[[], Streamed], words: str) -> None:
    """When it is written down."""
    with pytest.raises(ValueError, match=words):
        make()
