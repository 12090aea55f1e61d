"""Ways of lying over HTTP/2: what the lying server sends on a stream in place of its answer."""

import socket
import struct
from asyncio import StreamWriter
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from bench.proof.reference.null_answer import BODY
from bench.proof.reference.server_frames import (
    CANCEL,
    END_HEADERS,
    END_STREAM,
    INTERNAL_ERROR,
    NO_ERROR,
    PADDED,
    FrameType,
    frame,
    goaway,
    rst_stream,
    settings,
)
from bench.proof.reference.server_streams import answer, fields

_FLOOD: Final = 20_000  # frames that bring nothing; any client should have lost patience before
_BOMB: Final = 9, 16_000  # frames of a header block that never ends, and the bytes of each
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER for no time at all: RST in place of FIN
_END_STREAM_BYTES: Final = 9 + len(BODY)  # of the last frame of an answer


class StreamLie(StrEnum):
    """What can be wrong with an answer over HTTP/2, or with what comes beside it.

    The last is no lie, and must not be taken for one.
    """

    WRONG_BODY = "wrong-body"
    WRONG_STATUS = "wrong-status"
    WRONG_CONTENT_LENGTH = "wrong-content-length"
    RST_STREAM = "rst-stream"
    RST_STREAM_IN_BODY = "rst-stream-in-body"
    GOAWAY_IN_MID_RUN = "goaway-in-mid-run"
    CONNECTION_RESET_IN_BODY = "connection-reset-in-body"
    NO_ANSWER = "no-answer"
    WINDOW_NEVER_OPENED = "window-never-opened"
    DATA_ON_NO_STREAM = "data-on-no-stream"
    SETTINGS_FLOOD = "settings-flood"
    PING_FLOOD = "ping-flood"
    HEADER_BOMB = "header-bomb"
    BYTES_AFTER_THE_END = "bytes-after-the-end"
    PADDED_AND_IN_PIECES = "padded-and-in-pieces"


Telling = Callable[[StreamWriter, int], None]
"""Lie on a stream."""


def _sends(make: Callable[[int], bytes]) -> Telling:
    """Send, in place of an answer, what `make` makes for a stream."""
    return lambda writer, stream: writer.write(make(stream))


def _data(stream: int, body: bytes, flags: int = END_STREAM) -> bytes:
    return frame(FrameType.DATA, flags, stream, body)


def _head(stream: int, flags: int = END_HEADERS) -> bytes:
    return frame(FrameType.HEADERS, flags, stream, fields(200, len(BODY)))


def _bomb(stream: int) -> bytes:
    frames, size = _BOMB
    return _head(stream, 0) + frame(FrameType.CONTINUATION, 0, stream, bytes(size)) * frames


def _pieces(stream: int) -> bytes:
    padded = b"\x05" + BODY[:1] + bytes(5)
    return (
        _head(stream)
        + _data(stream, padded, PADDED)
        + b"".join(_data(stream, bytes([byte]), 0) for byte in BODY[1:])
        + _data(stream, b"")
    )


def _reset(writer: StreamWriter, stream: int) -> None:
    writer.write(answer(stream, BODY)[:-2])
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


STREAM_LIES: Final[dict[StreamLie, Telling]] = {
    StreamLie.WRONG_BODY: _sends(lambda stream: answer(stream, BODY.replace(b"7", b"8"))),
    StreamLie.WRONG_STATUS: _sends(lambda stream: answer(stream, BODY, status=500)),
    StreamLie.WRONG_CONTENT_LENGTH: _sends(
        lambda stream: answer(stream, BODY, length=len(BODY) + 1)
    ),
    StreamLie.RST_STREAM: _sends(lambda stream: rst_stream(stream, INTERNAL_ERROR)),
    StreamLie.RST_STREAM_IN_BODY: _sends(
        lambda stream: answer(stream, BODY)[:-_END_STREAM_BYTES] + rst_stream(stream, CANCEL)
    ),
    StreamLie.GOAWAY_IN_MID_RUN: _sends(lambda stream: goaway(max(0, stream - 2), NO_ERROR)),
    StreamLie.CONNECTION_RESET_IN_BODY: _reset,
    StreamLie.NO_ANSWER: _sends(lambda _: b""),
    StreamLie.WINDOW_NEVER_OPENED: _sends(lambda stream: answer(stream, BODY)),
    StreamLie.DATA_ON_NO_STREAM: _sends(lambda stream: _data(stream + 1000, BODY)),
    StreamLie.SETTINGS_FLOOD: _sends(lambda _: settings({}) * _FLOOD),
    StreamLie.PING_FLOOD: _sends(lambda _: frame(FrameType.PING, 0, 0, b"12345678") * _FLOOD),
    StreamLie.HEADER_BOMB: _sends(_bomb),
    StreamLie.BYTES_AFTER_THE_END: _sends(
        lambda stream: answer(stream, BODY) + _data(stream, b"more")
    ),
    StreamLie.PADDED_AND_IN_PIECES: _sends(_pieces),
}
