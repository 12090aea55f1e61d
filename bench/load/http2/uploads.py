"""Bodies of requests that a server has not yet allowed to be sent in full: flow control."""

from typing import Final

from bench.load.http2.frames import FIRST_WINDOW, MAX_WINDOW, Flag, Kind, frame
from bench.load.http2.peer import PeerSettings
from bench.load.net.limits import MalformedResponseError

_MOST_OUT: Final = 1024 * 1024  # bytes that wait for the socket, beyond which none are added


class Uploads:
    """What is left to send, by stream. `window`: what the connection allows, in bytes."""

    __slots__ = ("_left", "_peer", "_windows", "window")

    def __init__(self, peer: PeerSettings) -> None:
        """Have nothing to send."""
        self.window = FIRST_WINDOW
        self._peer = peer
        self._left: dict[int, memoryview] = {}
        self._windows: dict[int, int] = {}

    def __bool__(self) -> bool:
        """Whether there is something left to send."""
        return bool(self._left)

    def __contains__(self, stream: int) -> bool:
        """Whether something of one stream's body is left."""
        return stream in self._left

    def begin(self, stream: int, body: bytes) -> None:
        """Have a body to send, which is not empty."""
        self._left[stream] = memoryview(body)
        self._windows[stream] = self._peer.first_window

    def spend(self, size: int) -> bool:
        """Take from the windows for a body that is sent at once; whether they allow it."""
        if size > self.window or size > self._peer.first_window:
            return False
        self.window -= size
        return True

    def forget(self, stream: int) -> None:
        """Send no more on a stream."""
        self._left.pop(stream, None)
        self._windows.pop(stream, None)

    def shift(self, more: int) -> None:
        """Change every stream's window: the peer's SETTINGS have. Raises MalformedResponseError."""
        if more:
            for stream in self._windows:
                self._widen(stream, more)

    def allow(self, stream: int, more: int) -> None:
        """Take a WINDOW_UPDATE; 0 is the connection. Raises MalformedResponseError."""
        if stream in self._windows:
            self._widen(stream, more)
        elif not stream:
            self.window += more
            if self.window > MAX_WINDOW:
                raise MalformedResponseError("a window of more than 2^31 bytes")

    def _widen(self, stream: int, more: int) -> None:
        self._windows[stream] += more
        if self._windows[stream] > MAX_WINDOW:
            raise MalformedResponseError("a window of more than 2^31 bytes")

    def pump(self, out: bytearray) -> bool:
        """Put into `out` what is allowed; whether that was anything."""
        before = len(out)
        for stream in list(self._left):
            while stream in self._left and len(out) < _MOST_OUT:
                if not self._pump_one(stream, out):
                    break
        return len(out) > before

    def _pump_one(self, stream: int, out: bytearray) -> bool:
        """Put one frame of a stream into `out`, if one is allowed."""
        left = self._left[stream]
        size = min(len(left), self._peer.max_frame, self.window, self._windows[stream])
        if size <= 0:
            return False
        last = size == len(left)
        out += frame(Kind.DATA, Flag.END_STREAM if last else 0, stream, bytes(left[:size]))
        self.window -= size
        self._windows[stream] -= size
        if last:
            self.forget(stream)
        else:
            self._left[stream] = left[size:]
        return True
