"""What fuzzed loops run in: a server that does anything, and a time in which they have to end."""

from dataclasses import dataclass, field
from typing import Final

from hypothesis import strategies as st

from bench.load.reckoning.samples import Code, Samples
from tests.load.virtual import MS, Event, Server, VirtualConnection, World

END: Final = 20 * MS
DEADLINE: Final = 30 * MS
CAPACITY: Final = 60
PATIENCE: Final = 20_000  # polls; more would be a loop that does not end
DUE = st.lists(st.one_of(st.integers(1, END), st.integers(END, DEADLINE)), max_size=CAPACITY)


class Watched(World):
    """A world that ends when the loop does not; it begins at 1, because 0 is never."""

    def __init__(self, server: Server) -> None:
        """Let requests be answered by `server`."""
        super().__init__(server)
        self.time = 1

    def wait(self, until_ns: int) -> list[tuple[int, int]]:
        """Let time pass."""
        assert len(self.waits) < PATIENCE, "the loop does not end"
        return super().wait(until_ns)


@dataclass
class Hostile:
    """A server that answers with one list of events after the other, each some time after."""

    answers: list[list[tuple[int, Event]]]
    given: int = field(default=0, init=False)

    def __call__(self, connection: VirtualConnection, now: int) -> None:
        """Let a request have the next answer."""
        answer = self.answers[self.given % len(self.answers)]
        self.given += 1
        for delay, event in answer:
            now += delay
            connection.world.at(now, connection, event)


def assert_all_is_told(samples: Samples, over_ns: int) -> None:
    """Each request that was sent has an outcome and an end; none that was not has one of a sent."""
    sent, done, codes = samples.column("sent"), samples.column("done"), samples.codes()
    assert ((codes != Code.UNSENT) | (sent == 0)).all()
    assert (done[sent > 0] >= sent[sent > 0]).all()
    assert (done <= over_ns).all()
    assert set(codes[sent == 0].tolist()) <= {Code.UNSENT, Code.CONNECT_FAILED}
    assert all(len(error) < 1000 for error in samples.errors)
