"""One answer of which not all has come yet."""

from bench.load.http2.fields import Fields
from bench.load.http2.frames import HEAD_BYTES
from bench.load.net.limits import MAX_BODY, MAX_INTERIM, MalformedResponseError
from bench.load.net.memory import Share

_MOST_PARTS = 8  # frames of an answer whose bytes may be kept as a whole
_STREAM_AT = 5  # in the head of a frame
_BODILESS = frozenset({204, 304})


class PartialAnswer:
    """What has come of an answer. `size`: of the payloads of its DATA frames."""

    __slots__ = (
        "_bodiless", "_body", "_data", "_ends", "_interim", "_share", "_starts", "fields", "size",
        "token",
    )  # fmt: skip

    def __init__(self, token: int, *, bodiless: bool = False) -> None:
        """Nothing has come. `bodiless`: it is the answer to a HEAD."""
        self.token = token
        self.fields: Fields | None = None
        self.size = 0
        self._bodiless = bodiless
        self._body = b""
        self._share: Share | None = None
        self._interim = 0
        self._data: bytes | None = b""  # that all frames came in, one after the other; None: not so
        self._starts: list[int] = []
        self._ends = 0

    def take_fields(self, fields: Fields, size: int, *, ends: bool) -> None:
        """Take the header block, or an interim one. Raises MalformedResponseError."""
        if not fields.interim:
            self.fields = fields
            return
        if ends:
            raise MalformedResponseError("an interim answer that is the last")
        self._data = None
        self._interim += size + HEAD_BYTES
        if self._interim > MAX_INTERIM:
            raise MalformedResponseError(f"interim responses of more than {MAX_INTERIM} bytes")

    def refuse_unended(self, *, ends: bool) -> None:
        """Trailers are the end. Raises MalformedResponseError where they are not."""
        if not ends:
            raise MalformedResponseError("a second header block that is not the end")

    def take_data(self, content: bytes, size: int) -> None:
        """Take a piece of the body. Raises MalformedResponseError."""
        if self.fields is None:
            raise MalformedResponseError("a body without a header block")
        self.size += size
        if not self._body:
            self._body = content
            return
        self._append(content)

    def _append(self, content: bytes) -> None:
        if self._share is None:
            self._share = Share()
            self._share.take(len(self._body))
            self._body = bytearray(self._body)  # type: ignore[assignment]
        self._share.take(len(content))
        if self._share.taken > MAX_BODY:
            raise MalformedResponseError(f"a body of more than {MAX_BODY} bytes")
        self._body += content

    def body(self) -> bytes:
        """The whole. Raises MalformedResponseError where it is not what the headers say."""
        if self.fields is None:
            raise MalformedResponseError("an answer without a header block")
        size, wanted = len(self._body), self.fields.length
        if self._bodiless or self.fields.status in _BODILESS:
            wanted = 0
        if wanted is not None and size != wanted:
            raise MalformedResponseError(f"a body of {size} bytes, and not of {wanted}")
        return bytes(self._body)

    def note_part(self, data: bytes, at: int, length: int) -> None:
        """Note that a frame of it begins at a place of what was received."""
        if self._data is None:
            return
        if not self._starts:
            self._data = data
        elif data is not self._data or at != self._ends or len(self._starts) == _MOST_PARTS:
            self._data = None
            return
        self._starts.append(at)
        self._ends = at + HEAD_BYTES + length

    def whole(self) -> tuple[bytes, ...] | None:
        """All its bytes, cut where its stream's number stands; None: they came not in a row."""
        if not self._data or self._bodiless:
            return None
        edges = [at + _STREAM_AT for at in self._starts]
        befores = [self._starts[0], *(edge + 4 for edge in edges)]
        return tuple(
            self._data[start:end] for start, end in zip(befores, [*edges, self._ends], strict=True)
        )
