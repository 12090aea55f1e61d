"""From the pieces that a connection receives to one response at a time, within bounded memory."""

from typing import Final, Protocol

import httptools

from bench.load.http1.wire import END_OF_HEAD, HTTP_ERRORS, Head, Heads
from bench.load.net.limits import MAX_BODY, MAX_HEAD, MAX_INTERIM, MalformedResponseError
from bench.load.net.memory import Share

_SMALL: Final = 4096  # bytes of a body that are cheaper to receive again than to keep apart
_NO_HEAD: Final = Head(status=0, length=None, keep_alive=False, headers=())


class Listener(Protocol):
    """Takes the body of an answer of one status as it comes, in place of having it whole.

    All but `status` raise MalformedResponseError where they can take no more.
    """

    @property
    def status(self) -> int:
        """The status; an answer of another comes whole."""

    def begin(self, head: Head) -> None:
        """The head is there."""

    def feed(self, data: bytes) -> None:
        """Take a piece of the body, its transfer coding taken off."""

    def end_chunk(self) -> None:
        """A chunk of the transfer coding has ended."""


class _Body(Protocol):
    """A body of which not all has come yet."""

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece; the body once it is whole. Raises MalformedResponseError."""

    def ended(self) -> bytes | None:
        """The body, if the connection's end is its own proper end."""


class Reader:
    """Turns what one connection receives into one response at a time.

    `feed` is called with each piece received; it returns the body once it is whole, with its
    head in `head`, and None before. After an error it must not be used again. `listener`: who takes
    the body of the next response, if that is of the right status; it is empty then.
    """

    __slots__ = ("_body", "_heads", "_interim", "_rest", "head", "listener")

    def __init__(self, heads: Heads) -> None:
        """Look heads up in `heads`, which all connections may share."""
        self._heads = heads
        self._rest = b""  # the beginning of a head
        self._interim = 0  # bytes of interim responses that were passed over before this answer
        self._body: _Body | None = None
        self.head = _NO_HEAD
        self.listener: Listener | None = None

    @property
    def fresh(self) -> bool:
        """Whether nothing has come of the response yet."""
        return self._body is None and not self._rest

    def expect(self, heads: Heads) -> None:
        """Read the next response as the answer to another kind of request."""
        self._heads = heads

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece, which is not empty. Raises MalformedResponseError."""
        if self._body is not None:
            return self._continued(self._body, data)
        if self._rest:
            data = self._rest + data
            self._rest = b""
        end = data.find(END_OF_HEAD) + len(END_OF_HEAD)
        head = self._heads.get(data[:end])
        if head is not None and head.length is not None and self.listener is None:
            missing = end + head.length - len(data)
            if missing == 0:
                self.head = head
                self._interim = 0
                return data[end:]
            if 0 < missing <= _SMALL:
                self._rest = data
                return None
        return self._feed_rare(data, end, head)

    def _feed_rare(self, data: bytes, end: int, head: Head | None) -> bytes | None:
        """Take what does not begin with a head seen before, or not with that of a small body."""
        start = 0
        while head is None or head.interim:
            if head is not None:
                self._pass_over(end - start)
                start, end = end, data.find(END_OF_HEAD, end) + len(END_OF_HEAD)
            whole = end >= len(END_OF_HEAD)  # else find() answered -1
            if (end if whole else len(data)) - start > MAX_HEAD:
                raise MalformedResponseError(f"a head of more than {MAX_HEAD} bytes")
            if not whole:
                self._rest = data[start:]
                return None
            head = self._heads.get(data[start:end]) or self._heads.learn(data[start:end])
        self.head = head
        self._interim = 0
        listener = self.listener
        if listener is not None and listener.status == head.status:
            return self._continued(_Heard(listener, head), data[start:])
        if head.length is None:
            return self._continued(_Stream(until_close=head.until_close), data[start:])
        return self._continued(_Measured(head.length), data[end:])

    def _pass_over(self, interim: int) -> None:
        """Count so many bytes of an interim response."""
        self._interim += interim
        if self._interim > MAX_INTERIM:
            raise MalformedResponseError(f"interim responses of more than {MAX_INTERIM} bytes")

    def _continued(self, body: _Body, data: bytes) -> bytes | None:
        """Take a piece of the body."""
        whole = body.feed(data)
        self._body = body if whole is None else None
        return whole

    def end_of_stream(self) -> bytes | None:
        """The server closed the connection: the body, if that was its proper end."""
        body, self._body = self._body, None
        return None if body is None else body.ended()


class _Measured:
    """A body whose length is known."""

    __slots__ = ("_missing", "_pieces", "_share")

    def __init__(self, length: int) -> None:
        if length > MAX_BODY:
            raise MalformedResponseError(f"a body of {length} bytes; the most is {MAX_BODY}")
        self._missing = length
        self._pieces = bytearray()
        self._share = Share()

    def feed(self, data: bytes) -> bytes | None:
        self._missing -= len(data)
        if self._missing < 0:
            raise MalformedResponseError(f"{-self._missing} bytes after the end of the response")
        self._share.take(len(data))
        self._pieces += data
        return None if self._missing else bytes(self._pieces)

    def ended(self) -> bytes | None:
        return None


class _Stream:
    """A whole response, head included, whose body is chunked or ends with the connection."""

    __slots__ = ("_parser", "_seen", "_share", "_until_close")

    def __init__(self, *, until_close: bool) -> None:
        self._until_close = until_close
        self._share = Share()
        self._seen = _Seen()  # apart from this object: a cycle would outlive it, gc being off
        self._parser = httptools.HttpResponseParser(self._seen)

    def feed(self, data: bytes) -> bytes | None:
        self._share.take(len(data))
        if self._share.taken > MAX_BODY + MAX_HEAD:
            raise MalformedResponseError(f"a body of more than {MAX_BODY} bytes")
        try:
            self._parser.feed_data(data)
        except HTTP_ERRORS as error:
            raise MalformedResponseError(f"{error} in {data[:80]!r}") from error
        if self._seen.messages > 1:
            raise MalformedResponseError("bytes after the end of the response")
        return bytes(self._seen.body) if self._seen.complete else None

    def ended(self) -> bytes | None:
        return bytes(self._seen.body) if self._until_close else None


class _Heard:
    """A whole response, head included, whose body goes to a listener piece by piece."""

    __slots__ = ("_listener", "_parser", "_pieces", "_taken", "_until_close")

    def __init__(self, listener: Listener, head: Head) -> None:
        self._listener = listener
        self._until_close = head.until_close
        self._pieces = _Pieces()
        self._parser = httptools.HttpResponseParser(self._pieces)
        self._taken = 0
        listener.begin(head)

    def feed(self, data: bytes) -> bytes | None:
        self._taken += len(data)
        if self._taken > MAX_BODY + MAX_HEAD:
            raise MalformedResponseError(f"a stream of more than {MAX_BODY} bytes")
        try:
            self._parser.feed_data(data)
        except HTTP_ERRORS as error:
            raise MalformedResponseError(f"{error} in {data[:80]!r}") from error
        pieces, listener = self._pieces, self._listener
        if pieces.messages > 1:
            raise MalformedResponseError("bytes after the end of the response")
        for piece in pieces.taken():
            if piece is None:
                listener.end_chunk()
            else:
                listener.feed(piece)
        return b"" if pieces.complete else None

    def ended(self) -> bytes | None:
        return b"" if self._until_close else None


class _Pieces:
    """Callbacks of httptools: collects the pieces of a body; None is the end of a chunk."""

    __slots__ = ("_pieces", "complete", "messages")

    def __init__(self) -> None:
        self._pieces: list[bytes | None] = []
        self.complete = False
        self.messages = 0

    def taken(self) -> list[bytes | None]:
        """Those that have come since this was called last."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def on_message_begin(self) -> None:
        self.messages += 1

    def on_body(self, data: bytes) -> None:
        self._pieces.append(data)

    def on_chunk_complete(self) -> None:
        self._pieces.append(None)

    def on_message_complete(self) -> None:
        self.complete = True


class _Seen:
    """Callbacks of httptools: collects one body."""

    __slots__ = ("body", "complete", "messages")

    def __init__(self) -> None:
        self.body = bytearray()
        self.complete = False
        self.messages = 0

    def on_message_begin(self) -> None:
        self.messages += 1

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = True
