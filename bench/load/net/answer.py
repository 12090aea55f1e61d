"""An answer as checks see it: an `httpx.Response`, its content decoded within bounds.

httpx decodes whatever it is given, whole: a kilobyte that was compressed twice becomes a gigabyte.
"""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol

import httpx

from bench.load.net.limits import MAX_BODY

_WARY: Final = 1024 * 1024  # bytes decoded at most, of a server that has sent a bomb
_PIECE: Final = 16  # bytes that httpx decodes at a time: of brotli, they may become 32 MiB
_PIECED: Final = 1024 * 1024  # bytes of a body that are decoded so: it takes a tenth of a second
_GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_RAW_DEFLATE: Final = -zlib.MAX_WBITS  # what some servers call deflate

_Headers = Sequence[tuple[bytes, bytes]]


class AnswerHead(Protocol):
    """What an answer begins with, whatever the protocol."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> _Headers:
        """All headers, in order."""


class BombError(httpx.DecodingError):
    """A body that would become too much if it were decoded."""


class AnswerDecoder:
    """Makes what checks see of what one server has sent.

    A bomb costs time before it is known as one: after the first, little is decoded.
    """

    def __init__(self) -> None:
        """Trust the server up to MAX_BODY."""
        self._limit = MAX_BODY

    def whole(
        self, status: int, headers: _Headers, body: bytes, request: httpx.Request
    ) -> httpx.Response:
        """The answer to `request` whose content was `body`, encoded. Raises httpx.DecodingError."""
        given, coding = _given(tuple(headers))
        if coding is None:
            return _Plain(status, headers=given, content=body, request=request)
        try:
            content = _decoded(coding, body, self._limit)
        except BombError:
            self._limit = _WARY
            raise
        plain = [pair for pair in given.raw if pair[0].lower() != b"content-encoding"]
        response = httpx.Response(status, headers=plain, content=content, request=request)
        response.headers = httpx.Headers(given)
        return response


class _Plain(httpx.Response):
    """An answer whose content is what was received.

    httpx would look for a decoder, and take it to pieces: that costs more than all the rest.
    """

    def read(self) -> bytes:
        if not hasattr(self, "_content"):
            assert isinstance(self.stream, httpx.ByteStream)  # noqa: S101 - content was given
            self._content = b"".join(self.stream)
            self.is_closed = self.is_stream_consumed = True
        return self._content


@lru_cache(maxsize=64)
def _given(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[httpx.Headers, str | None]:
    """Headers, never to be changed, and how the content is encoded.

    Raises httpx.DecodingError where it was so more than once.
    """
    given = httpx.Headers(list(headers))
    return given, _coding(given)


def _coding(headers: httpx.Headers) -> str | None:
    """How the content is encoded. Raises httpx.DecodingError where it was so more than once."""
    stated = headers.get_list("content-encoding", split_commas=True)
    named = (coding.strip().lower() for coding in stated)
    codings = [coding for coding in named if coding not in {"", "identity"}]
    if len(codings) > 1:
        raise httpx.DecodingError(f"a body encoded more than once ({', '.join(codings):.80})")
    return codings[0] if codings else None


def _decoded(coding: str, body: bytes, limit: int) -> bytes:
    """Decode; raises httpx.DecodingError when it cannot be, or becomes more than `limit`."""
    try:
        match coding:
            case "gzip":
                return _inflated(body, _GZIP, limit)
            case "deflate":
                return _deflated(body, limit)
            case _:
                return _decoded_by_httpx(coding, body, limit)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error


def _deflated(body: bytes, limit: int) -> bytes:
    try:
        return _inflated(body, _ZLIB, limit)
    except zlib.error:
        return _inflated(body, _RAW_DEFLATE, limit)


def _inflated(body: bytes, format_: int, limit: int) -> bytes:
    content = zlib.decompressobj(format_).decompress(body, limit + 1)
    _refuse_bomb(len(content), limit)
    return content


def _decoded_by_httpx(coding: str, body: bytes, limit: int) -> bytes:
    """What else httpx can decode here; what it cannot stays as it is."""
    _refuse_bomb(len(body), _PIECED)
    headers = [(b"content-encoding", coding.encode())]
    encoded = httpx.Response(200, headers=headers, stream=_Pieces(body))
    pieces, size = [], 0
    for piece in encoded.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        _refuse_bomb(size, limit)
    return b"".join(pieces)


def _refuse_bomb(size: int, limit: int) -> None:
    if size > limit:
        raise BombError(f"a body of more than {limit} bytes, decoded")


class _Pieces(httpx.SyncByteStream):
    """A body in pieces so small that none decodes to very much."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), _PIECE):
            yield self._body[start : start + _PIECE]
