"""HTTP/2 of a reference server: one connection's bytes in, requests out, answers as frames.

It has no socket, keeps no window of the client's, which is told to open them all, and knows what a
GET takes, and an upload.
"""

from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import hpack

from bench.proof.reference.server_frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    HEAD_BYTES,
    PREFACE,
    STREAM_AT,
    Frame,
    FrameType,
    ServerSetting,
    frame,
    frames_in,
    settings,
    window_update,
)

_MOST_STREAMS: Final = 1000  # at a time: more than any client here has
_paths: dict[bytes, bytes] = {}  # of header blocks that need no table


class StreamRequest(NamedTuple):
    """A request that has come in full."""

    stream: int
    path: bytes


class ServerStreams:
    """The server's end of one HTTP/2 connection.

    `out`: what it has to send beside answers; whoever sends it empties it.
    """

    def __init__(self, opens: Callable[[bytes], bool] = lambda _: True) -> None:
        """Announce that there is no table for headers.

        `opens`: whether a request with a body, of this path, is allowed to send more than at first.
        """
        self.out = settings(
            {
                ServerSetting.HEADER_TABLE_SIZE: 0,
                ServerSetting.MAX_CONCURRENT_STREAMS: _MOST_STREAMS,
            }
        )
        self._rest = b""
        self._begun = False
        self._decoder = hpack.Decoder()
        self._uploads: dict[int, tuple[bytes, bool]] = {}  # path, and whether it may go on
        self._opens = opens

    def take(self, data: bytes) -> list[StreamRequest]:
        """Take what was received; the requests that are whole now."""
        data, at = self._rest + data, 0
        if not self._begun:
            if len(data) < len(PREFACE):
                self._rest = data
                return []
            at, self._begun = len(PREFACE), True
        frames, at = frames_in(data, at)
        self._rest = data[at:]
        return [request for each in frames if (request := self._on_frame(each)) is not None]

    def _on_frame(self, came: Frame) -> StreamRequest | None:
        kind, flags, stream, payload = came
        match kind:
            case FrameType.HEADERS:
                return self._on_headers(flags, stream, payload)
            case FrameType.DATA:
                return self._on_data(flags, stream, len(payload))
            case FrameType.SETTINGS if not flags & ACK:
                self.out += frame(FrameType.SETTINGS, ACK, 0)
            case FrameType.PING if not flags & ACK:
                self.out += frame(FrameType.PING, ACK, 0, payload)
            case FrameType.RST_STREAM:
                self._uploads.pop(stream, None)
        return None

    def _on_headers(self, flags: int, stream: int, payload: bytes) -> StreamRequest | None:
        path = self._path(payload)
        if flags & END_STREAM:
            return StreamRequest(stream, path)
        self._uploads[stream] = path, self._opens(path)
        return None

    def _on_data(self, flags: int, stream: int, size: int) -> StreamRequest | None:
        """Let the client send as much again."""
        if size:
            self.out += window_update(0, size)
        if stream not in self._uploads:
            return None
        path, goes_on = self._uploads[stream]
        if flags & END_STREAM:
            del self._uploads[stream]
            return StreamRequest(stream, path)
        if goes_on and size:
            self.out += window_update(stream, size)
        return None

    def _path(self, block: bytes) -> bytes:
        """The path that a header block names; clients whose blocks need no table send few."""
        table = self._decoder.header_table.dynamic_entries
        if not table and block in _paths:
            return _paths[block]
        headers = dict(self._decoder.decode(block, raw=True))
        path: bytes = headers[b":path"]
        if not table:
            _paths[block] = path
        return path


def fields(status: int, length: int | None) -> bytes:
    """The header block of an answer."""
    headers = [(":status", str(status)), ("content-type", "application/json")]
    if length is not None:
        headers.append(("content-length", str(length)))
    return hpack.Encoder().encode([(name, value, True) for name, value in headers])


def answer(stream: int, body: bytes, *, status: int = 200, length: int | None = None) -> bytes:
    """A whole answer, in two frames; `length`: what it says of its body, if not the truth."""
    number = stream.to_bytes(4, "big")
    return number.join(_cut(body, status, len(body) if length is None else length))


@cache
def _cut(body: bytes, status: int, length: int) -> tuple[bytes, bytes, bytes]:
    """An answer, cut where the number of its stream stands."""
    head = frame(FrameType.HEADERS, END_HEADERS, 0, fields(status, length))
    data = frame(FrameType.DATA, END_STREAM, 0, body)
    return head[:STREAM_AT], head[HEAD_BYTES:] + data[:STREAM_AT], data[HEAD_BYTES:]
