"""What the poller, the pool and the loops need of a connection, over whatever transport."""

from typing import Protocol

from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import State


class Pollable(Protocol):
    """A descriptor that is waited for; see `bench.load.net.link.Link`."""

    fd: int
    state: State
    wants_write: bool
    stamped: bool
    stamp_ns: int

    @property
    def timer_ns(self) -> int | None:
        """When it has something to do although nothing came, ns of CLOCK_MONOTONIC; None: never."""

    @property
    def missing(self) -> str:
        """What has not happened yet that it waits for while it is being opened, as a clause."""

    def stamp(self, wanted: bool) -> None:  # noqa: FBT001 - the name says what is switched
        """Note in `stamp_ns` when the kernel received what was read last, or not."""

    def connected(self) -> None:
        """Go on with being opened. Raises OSError where that failed."""

    def is_quiet(self) -> bool:
        """Whether an idle connection is open, with nothing to read that matters."""

    def network_ns(self) -> int | None:
        """Return the shortest round trip that the kernel has seen, ns; None where it keeps none."""

    def close(self) -> None:
        """Close it; safe to call twice."""


class StreamSession(Protocol):
    """The requests in flight on a connection, told apart by tokens."""

    @property
    def in_flight(self) -> int:
        """How many they are."""

    @property
    def error(self) -> MalformedResponseError | None:
        """Why the peer is done with, once it is."""

    @property
    def leaving(self) -> str | None:
        """What the peer said when it announced to go away."""

    def tokens(self) -> list[int]:
        """Those of the requests in flight."""


class Multiplexed(Pollable, Protocol):
    """A connection on which several requests are in flight.

    `share`: how many the loop that uses it may have in flight here.
    """

    share: int

    @property
    def session(self) -> StreamSession:
        """What goes on over it."""

    @property
    def room(self) -> int:
        """How many more requests may be sent now."""

    @property
    def most_streams(self) -> int | None:
        """How many the server allows at a time; None: it sets no limit."""

    def settle(self) -> None:
        """Send what the session has to say. Raises ConnectionLostError."""
