"""Ways of lying over HTTP/3: what the lying server sends on a stream in place of its answer."""

from collections.abc import Callable
from typing import Final

from bench.proof.reference.http3.http3_endpoint import CONTROL, ServedPeer
from bench.proof.reference.http3.http3_frames import (
    DATA,
    GOAWAY,
    HEADERS,
    INTERNAL_ERROR,
    RESERVED,
    answer,
    fields,
    frame,
    trailers,
    varint,
)
from bench.proof.reference.http3.lie_names import Http3Lie
from bench.proof.reference.null_answer import BODY

_FLOOD_BYTES: Final = 400_000  # that say nothing; any client should have lost patience before
_BOMB_BYTES: Final = 400_000


Telling = Callable[[ServedPeer, int], None]
"""Lie on a stream."""

_head: Final = frame(HEADERS, fields(200, len(BODY)))
_body: Final = frame(DATA, BODY)
_tail: Final = frame(HEADERS, trailers())
_nothing: Final = frame(RESERVED, b"nothing")
_pieces: Final = (
    frame(HEADERS, fields(103))
    + _nothing
    + _head
    + b"".join(frame(DATA, bytes([byte])) for byte in BODY)
    + _nothing
    + _tail
)


def _sends(data: bytes, *, ends: bool = True) -> Telling:
    """Send this in place of an answer."""
    return lambda client, stream: client.send(stream, data, ends=ends)


def _says(data: bytes) -> Telling:
    """Say this on the control stream, and answer nothing."""
    return lambda client, _: client.send(CONTROL, data, ends=False)


def _reset(data: bytes) -> Telling:
    def tell(client: ServedPeer, stream: int) -> None:
        client.send(stream, data, ends=False)
        client.quic.reset_stream(stream, INTERNAL_ERROR)

    return tell


def _close(client: ServedPeer, stream: int) -> None:
    client.send(stream, _head + _body[:-2], ends=False)
    client.quic.close(INTERNAL_ERROR, reason_phrase="no more")


def _go_away(client: ServedPeer, stream: int) -> None:
    """Nothing from this request on is looked at."""
    client.send(CONTROL, frame(GOAWAY, varint(stream)), ends=False)


HTTP3_LIES: Final[dict[Http3Lie, Telling]] = {
    Http3Lie.WRONG_BODY: _sends(answer(BODY.replace(b"7", b"8"))),
    Http3Lie.WRONG_STATUS: _sends(answer(BODY, status=500)),
    Http3Lie.CONTENT_LENGTH_TOO_LARGE: _sends(answer(BODY, length=len(BODY) + 1)),
    Http3Lie.DATA_AFTER_CONTENT_LENGTH: _sends(answer(BODY) + frame(DATA, b"more")),
    Http3Lie.RESET_STREAM: _reset(b""),
    Http3Lie.RESET_STREAM_IN_BODY: _reset(_head + _body[:-2]),
    Http3Lie.GOAWAY_IN_MID_RUN: _go_away,
    Http3Lie.CLOSE_IN_BODY: _close,
    Http3Lie.NO_ANSWER: lambda _client, _stream: None,
    Http3Lie.STREAM_LEFT_OPEN: _sends(_head + _body, ends=False),
    Http3Lie.DATA_BEFORE_HEADERS: _sends(_body + _head),
    Http3Lie.TRAILERS_BEFORE_THE_END: _sends(_head + _body + _tail, ends=False),
    Http3Lie.HEADER_BOMB: _sends(frame(HEADERS, bytes(_BOMB_BYTES), 2 * _BOMB_BYTES), ends=False),
    Http3Lie.CONTROL_FLOOD: _says(frame(RESERVED, bytes(_FLOOD_BYTES))),
    Http3Lie.INTERIM_AND_IN_PIECES: _sends(_pieces),
}
