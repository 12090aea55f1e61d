"""One connection in the hands of asyncio: watched from its opening to its end.

Its descriptor is registered once, and its timer is set once for many requests: both would cost
as much as the request itself.
"""

import asyncio
from math import inf

from bench.load.http1.connection import Connection
from bench.load.http1.wire import Head
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError, State


class Channel:
    """An open connection, and the one exchange that may be going on there.

    It belongs to the event loop in which it was made.
    """

    __slots__ = ("_answer", "_connection", "_due_s", "_loop", "_timer")

    def __init__(self, connection: Connection) -> None:
        """Watch a connection that is open."""
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[bytes] | None = None
        self._due_s = inf  # when the answer must be there, by the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_reader(connection.fd, self._on_readable)

    @property
    def head(self) -> Head:
        """Head of the answer that came last."""
        return self._connection.reader.head

    @property
    def reusable(self) -> bool:
        """Whether the answer that came last leaves it fit for another request."""
        connection = self._connection
        return (
            connection.state is State.OPEN
            and not connection.wants_write  # answered before it was asked in full
            and connection.reader.head.keep_alive
        )

    def is_quiet(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether it is of this loop, open and with nothing to read: no end, no stray bytes."""
        return self._loop is loop and self._connection.is_quiet()

    def exchange(
        self, request: bytes, timeout_s: float | None, *, bodiless: bool
    ) -> "asyncio.Future[bytes]":
        """Send a request; the body of its answer is to come.

        `bodiless`: it is a HEAD. Raises ConnectionLostError; the future raises that,
        MalformedResponseError, and TimeoutError when not all has come within `timeout_s` (None:
        however long). After any of them, or a cancellation, the channel must be closed.
        """
        connection = self._connection
        if bodiless is not connection.bodiless:
            connection.expect(bodiless=bodiless)
        answer = self._answer = self._loop.create_future()
        connection.send(request)
        if connection.wants_write:
            self._loop.add_writer(connection.fd, self._on_writable)
        self._allow(timeout_s)
        return answer

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._connection.state is State.CLOSED:
            return
        self._loop.remove_reader(self._connection.fd)
        self._loop.remove_writer(self._connection.fd)
        if self._timer is not None:
            self._timer.cancel()
        self._connection.close()

    def _on_readable(self) -> None:
        answer = self._answer
        if answer is None or answer.done():  # the end, or what nobody has asked for
            self.close()
            return
        try:
            body = self._connection.receive()
        except (ConnectionLostError, MalformedResponseError) as error:
            answer.set_exception(error)
        else:
            if body is not None:
                answer.set_result(body)

    def _on_writable(self) -> None:
        connection, answer = self._connection, self._answer
        try:
            connection.flush()
        except ConnectionLostError as error:
            if answer is not None and not answer.done():
                answer.set_exception(error)
        if not connection.wants_write:
            self._loop.remove_writer(connection.fd)

    def _allow(self, timeout_s: float | None) -> None:
        """See that the answer does not take longer; a timer that is set already may do."""
        if timeout_s is None:
            self._due_s = inf
            return
        self._due_s = self._loop.time() + timeout_s
        if self._timer is not None:
            if self._timer.when() <= self._due_s:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._due_s, self._on_time)

    def _on_time(self) -> None:
        """Give the answer up if it is due, or look again when it is: it may be a later one's."""
        self._timer = None
        answer = self._answer
        if answer is None or answer.done() or self._due_s == inf:
            return
        if self._loop.time() >= self._due_s:
            answer.set_exception(TimeoutError())
        else:
            self._timer = self._loop.call_at(self._due_s, self._on_time)
