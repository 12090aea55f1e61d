"""A poller for connections that keep time themselves: those of QUIC resend, and acknowledge late.

A connection whose time has come is among the events of a poll, with nothing in its mask.
"""

from collections.abc import Iterator
from typing import Final

from bench.load.net.pollable import Pollable
from bench.load.pacing.poller import NOBODY, READABLE, Events, Poller

TIMER: Final = 0
"""The mask of a connection of which only the time has come."""


class TimedPoller:
    """Another poller, which waits no longer than until the first connection's time."""

    def __init__(self, poller: Poller) -> None:
        """Wait by `poller`, which belongs to this one from now on."""
        self._poller = poller
        self._watched: dict[int, Pollable] = {}
        self.now = poller.now

    def watch(self, connection: Pollable) -> None:
        """Begin to wait for a connection, and for its time."""
        self._poller.watch(connection)
        self._watched[connection.fd] = connection

    def rewatch(self, connection: Pollable) -> None:
        """Look again whether a connection wants to write."""
        self._poller.rewatch(connection)

    def forget(self, connection: Pollable) -> None:
        """Stop waiting for a connection."""
        self._watched.pop(connection.fd, None)
        self._poller.forget(connection)

    def wait(self, until_ns: int) -> Events:
        """Wait for events, a connection's time, or `until_ns`, whichever is first."""
        watched = self._watched
        first_ns = until_ns
        for connection in watched.values():
            timer_ns = connection.timer_ns
            if timer_ns is not None and timer_ns < first_ns:
                first_ns = timer_ns
        events = [event for event in self._poller.wait(first_ns) if event[0] in watched]
        if first_ns < until_ns and self.now() >= first_ns:
            events += self._due({fd for fd, _ in events})
        return events

    def _due(self, ready: set[int]) -> Events:
        """Connections whose time has come, but for those that are `ready` anyhow."""
        now = self.now()
        return [
            (fd, TIMER)
            for fd, each in self._watched.items()
            if each.timer_ns is not None and each.timer_ns <= now and fd not in ready
        ]

    def polls(self, until_ns: int) -> Iterator[Events]:
        """Wait again and again; once `until_ns` has come, an event says so that is nobody's."""
        while True:
            events = self.wait(until_ns)
            if self.now() >= until_ns:
                events.append((NOBODY, READABLE))
            yield events

    def close(self) -> None:
        """Give the descriptors back; connections stay open."""
        self._poller.close()
