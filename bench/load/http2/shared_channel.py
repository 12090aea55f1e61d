"""One connection in the hands of asyncio: many exchanges may be going on there at once."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from itertools import count
from typing import Final, Generic, Protocol, TypeVar

from bench.load.http2.events import Answered, Event, Reset, Spoilt, Unprocessed
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError, State

MOST_STREAMS: Final = 256  # at a time, where the server allows as many or more
H_contra = TypeVar(
    "H_contra", contravariant=True
)  # a request's header fields, as its protocol has them


class UnprocessedError(ConnectionLostError):
    """The server goes away and has not looked at the request, which may be sent again."""


class SharedSession(Protocol[H_contra]):
    """The requests in flight on a connection, told apart by tokens."""

    error: MalformedResponseError | None
    leaving: str | None

    @property
    def in_flight(self) -> int:
        """How many they are."""

    @property
    def retired(self) -> bool:
        """Whether no new request may be sent."""

    def request(self, token: int, fields: H_contra, body: bytes, /, *, head: bool) -> None:
        """Send a request. `head`: it is a HEAD."""

    def cancel(self, token: int) -> None:
        """Give a request up."""


class SharedConnection(Protocol[H_contra]):
    """A connection on which several requests are in flight.

    `share`: how many, at the most.
    """

    fd: int
    state: State
    wants_write: bool
    share: int

    @property
    def session(self) -> SharedSession[H_contra]:
        """What goes on over it."""

    @property
    def room(self) -> int:
        """How many more requests may be sent now."""

    def settle(self) -> None:
        """Send what the session has to say. Raises ConnectionLostError."""

    def close(self) -> None:
        """Close it; safe to call twice."""


class SharedChannel(ABC, Generic[H_contra]):
    """An open connection, and the exchanges that are going on there.

    It belongs to the event loop in which it was made.
    """

    def __init__(self, connection: SharedConnection[H_contra]) -> None:
        """Watch a connection that is open."""
        connection.share = MOST_STREAMS
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._answers: dict[int, asyncio.Future[Answered]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()  # for a stream to be free
        self._tokens = count()
        self._writing = False
        self._loop.add_reader(connection.fd, self._on_readable)

    @property
    def usable(self) -> bool:
        """Whether another request may be sent over it."""
        return self._connection.state is State.OPEN and not self._connection.session.retired

    async def exchange(self, fields: H_contra, body: bytes, *, head: bool) -> Answered:
        """Send a request, once a stream is free, and wait for its answer.

        `head`: it is a HEAD. Raises ConnectionLostError, which may be UnprocessedError, and
        MalformedResponseError.
        """
        await self._room()
        token = next(self._tokens)
        answer: asyncio.Future[Answered] = self._loop.create_future()
        self._answers[token] = answer
        self._connection.session.request(token, fields, body, head=head)
        self._settle()
        try:
            return await answer
        except asyncio.CancelledError:
            if self._connection.state is State.OPEN:
                self._connection.session.cancel(token)
                self._settle()
            raise
        finally:
            self._answers.pop(token, None)
            self._wake()

    def close(self) -> None:
        """Close the connection; safe to call twice. Waiting requests fail."""
        self._end(ConnectionLostError("the connection was closed here"))

    async def _room(self) -> None:
        """Wait until a stream is free. Raises UnprocessedError when none will be."""
        while self.usable and self._connection.room <= 0:
            free = self._loop.create_future()
            self._waiting.append(free)
            await free
        if not self.usable:
            raise UnprocessedError("the connection ended before the request was sent")

    def _wake(self) -> None:
        """Let as many go on as there are free streams; all, where there will be none."""
        most = max(self._connection.room, 0) if self.usable else len(self._waiting)
        while self._waiting and most > 0:
            free = self._waiting.popleft()
            if not free.done():
                free.set_result(None)
                most -= 1

    @abstractmethod
    def _on_readable(self) -> None:
        """Take what has come."""

    def _took(self) -> None:
        """All that has come was taken: end the connection if it is done with, else go on."""
        session = self._connection.session
        if session.error is not None:
            self._end(session.error)
            return
        self._settle()
        if session.leaving is not None and not session.in_flight:
            self._end(UnprocessedError(session.leaving))

    def _on(self, event: Event) -> None:
        answer = self._answers.get(event.token)
        if answer is None or answer.done():
            return
        match event:
            case Answered():
                answer.set_result(event)
            case Spoilt(_, error):
                answer.set_exception(error)
            case Reset(_, words):
                answer.set_exception(ConnectionLostError(words))
            case Unprocessed():
                answer.set_exception(UnprocessedError(self._connection.session.leaving or ""))

    def _settle(self) -> None:
        """Send what the session has to say, now and when the socket takes more."""
        connection = self._connection
        try:
            connection.settle()
        except ConnectionLostError as error:
            self._end(error)
            return
        if connection.wants_write is not self._writing:
            self._writing = connection.wants_write
            if self._writing:
                self._loop.add_writer(connection.fd, self._settle)
            else:
                self._loop.remove_writer(connection.fd)

    def _end(self, error: Exception) -> None:
        """Close the connection, and tell everybody who waits."""
        connection = self._connection
        if connection.state is not State.CLOSED:
            self._loop.remove_reader(connection.fd)
            self._loop.remove_writer(connection.fd)
            connection.close()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
        self._wake()
