"""Whether the events of a stream are those that should come, one by one and in their order."""

from collections.abc import Iterator
from typing import Final

from bench.facts.streams import EventFault
from bench.load.events.parsers import EventParser, parser_of
from bench.workload import Streamed, StreamForm

_REMEMBERED_BYTES: Final = 1024 * 1024  # of right events, for one request
_NEAR: Final = 32
"""An event that is wrong in its place may be that of another, no further away than so many."""

_LOOKED_UP: Final = 16  # events of one stream of which that is found out


class ExpectedStream:
    """What the events of a request's answer are to be; remembers those that were right."""

    __slots__ = ("_fault", "_known", "_room", "events", "fewest", "form", "status")

    def __init__(self, streamed: Streamed) -> None:
        """Know none yet."""
        self.events, self.fewest = streamed.events, streamed.fewest
        self.form = StreamForm(streamed.form)
        self.status = streamed.status
        self._fault = streamed.fault
        self._known: dict[int, bytes] = {}
        self._room = _REMEMBERED_BYTES

    def parser(self) -> EventParser:
        """A parser for one answer."""
        return parser_of(self.form)

    def fault(self, event: bytes, number: int) -> str | None:
        """What is wrong with an event as that of a number, from 1; None: nothing."""
        if self._known.get(number) == event:
            return None
        try:
            fault = self._fault(event, number)
        except Exception as error:  # noqa: BLE001 - a check trips over what is wrong
            return f"{type(error).__name__}: {error}"
        if fault is None and number not in self._known and len(event) <= self._room:
            self._room -= len(event)
            self._known[number] = event
        return fault


class EventVerifier:
    """Verifies the events of one stream.

    right: events that were right so far. over: whether so many came that no more are read. example:
    the first fault in words, and its event.
    """

    __slots__ = (
        "_absent", "_expected", "_looked_up", "_next", "_taken", "_wrong", "example", "faults",
        "over", "right",
    )  # fmt: skip

    def __init__(self, expected: ExpectedStream) -> None:
        """Wait for the first event."""
        self._expected = expected
        self._next = 1
        self._absent: set[int] = set()  # that others came in place of
        self._wrong: set[int] = set()  # that a wrong one came in place of
        self._taken = self._looked_up = 0
        self.right = 0
        self.over = False
        self.faults: dict[EventFault, int] = {}
        self.example: tuple[str, bytes] | None = None

    def take(self, event: bytes) -> bool:
        """Verify the next event; whether it is right, though others may be missing before it."""
        number, words = self._next, None
        self._taken += 1
        if number <= self._expected.events:
            words = self._expected.fault(event, number)
            if words is None:
                self._next = number + 1
                self.right += 1
                return True
        place = self._place(event, number)
        if self._fits(event, number, place):
            self.right += 1
            return True
        self._charge(event, number, place, words)
        self.over = self.over or self._taken > 2 * self._expected.events
        return False

    def _fits(self, event: bytes, number: int, place: int | None) -> bool:
        """Whether an event is right where others are missing, or a wrong one came in between."""
        if place is None:
            return False
        if place < number:
            between = place in self._wrong
            self._wrong.discard(place)
            return between
        self._absent.update(range(number, place))
        self._note(f"event {place} came in place of {number}", event)
        self._next = place + 1
        return True

    def _charge(self, event: bytes, number: int, place: int | None, words: str | None) -> None:
        """Count an event that is not right, as what it is."""
        if place is not None:
            kind = EventFault.MISPLACED if place in self._absent else EventFault.DOUBLED
            self._absent.discard(place)
            self._note(f"event {place} came {_HOW[kind]}", event)
        elif words is None:
            kind, self.over = EventFault.SURPLUS, True
            self._note(f"more than {self._expected.events} events", event)
        else:
            kind, self._next = EventFault.WRONG, number + 1
            self._wrong.add(number)
            self._note(f"event {number}: {words}", event)
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def end(self) -> None:
        """The stream is over: what has not come is missing."""
        come = self._next - 1
        missing = len(self._absent) + max(0, self._expected.fewest - come)
        if missing:
            self.faults[EventFault.MISSING] = missing
            self._note(f"{missing} of {self._expected.events} events are missing", b"")

    def _place(self, event: bytes, number: int) -> int | None:
        """Of which number near by an event is the right one; None: of none."""
        if self._looked_up == _LOOKED_UP:
            return None
        self._looked_up += 1
        fault = self._expected.fault
        return next((near for near in self._near(number) if fault(event, near) is None), None)

    def _near(self, number: int) -> Iterator[int]:
        """The numbers around one, the nearest first."""
        for away in range(1, _NEAR + 1):
            for near in (number - away, number + away):
                if 1 <= near <= self._expected.events:
                    yield near

    def _note(self, words: str, event: bytes) -> None:
        self.example = self.example or (words, event)


_HOW: Final = {EventFault.MISPLACED: "after a later one", EventFault.DOUBLED: "twice"}
