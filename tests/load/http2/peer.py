"""A server's end of HTTP/2, for tests: it says what the test wants, right or wrong."""

from collections.abc import Callable

import hpack

from bench.load.http2.frames import (
    HEAD_BYTES,
    PREFACE,
    Flag,
    FrameHead,
    Kind,
    Setting,
    frame,
    frame_head,
    settings,
)
from tests.load.sending import BODY
from tests.load.server import Handle, Peer, Served

Headers = list[tuple[str, str]]
Reply = Callable[["StreamPeer", int, int], None]
"""What to do with a request: the peer, the request's stream, its number among all, from 1."""

ENDS = Flag.END_HEADERS | Flag.END_STREAM


def block(headers: Headers) -> bytes:
    """A header block that needs no table."""
    return hpack.Encoder().encode([(name, value, True) for name, value in headers])


def head(length: int | None = len(BODY), status: int = 200) -> bytes:
    """The header block of an answer."""
    headers = [(":status", str(status))]
    if length is not None:
        headers.append(("content-length", str(length)))
    return block(headers)


def answer(stream: int, body: bytes = BODY, *, fields: bytes | None = None) -> bytes:
    """A whole answer, in two frames."""
    return frame(
        Kind.HEADERS, Flag.END_HEADERS, stream, head(len(body)) if fields is None else fields
    ) + frame(Kind.DATA, Flag.END_STREAM, stream, body)


class StreamPeer:
    """One connection, whose client's requests come one after the other."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.seen: list[tuple[FrameHead, bytes]] = []
        self._received = bytearray()

    def begin(self, announced: dict[Setting, int] | None = None) -> bool:
        """Say SETTINGS, and read the client's preface; whether it came."""
        self.send(settings(announced or {}))
        return self._bytes(len(PREFACE)) == PREFACE

    def request(self) -> int | None:
        """The stream of the next request that has been sent in full; None: the client has left."""
        while (found := self.frame()) is not None:
            kind, flags, stream = found[0].kind, found[0].flags, found[0].stream
            if kind in {Kind.HEADERS, Kind.DATA} and flags & Flag.END_STREAM:
                return stream
        return None

    def frame(self) -> tuple[FrameHead, bytes] | None:
        """The next frame; SETTINGS are acknowledged."""
        raw = self._bytes(HEAD_BYTES)
        if raw is None:
            return None
        found = frame_head(raw)
        payload = self._bytes(found.length)
        if payload is None:
            return None
        if found.kind == Kind.SETTINGS and not found.flags & Flag.ACK:
            self.send(frame(Kind.SETTINGS, Flag.ACK, 0))
        self.seen.append((found, payload))
        return found, payload

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.peer.send(data)

    def _bytes(self, size: int) -> bytes | None:
        while len(self._received) < size:
            data = self.peer._socket.recv(1 << 16)
            if not data:
                return None
            self._received += data
        found = bytes(self._received[:size])
        del self._received[:size]
        return found


def streaming(reply: Reply, announced: dict[Setting, int] | None = None) -> Handle:
    """Call `reply` with each request; a connection goes on until it is closed."""

    def handle(served: Served, peer: Peer) -> None:
        stream_peer = StreamPeer(peer)
        if not stream_peer.begin(announced):
            return
        while (stream := stream_peer.request()) is not None:
            reply(stream_peer, stream, served.count())

    return handle


def answering() -> Handle:
    """Answer every request correctly."""
    return streaming(lambda peer, stream, _: peer.send(answer(stream)))
