"""A server's end of WebSockets, for tests: it says what the test wants, right or wrong."""

from collections.abc import Callable

from bench.load.websocket.frames import Opcode, frame
from bench.load.websocket.handshake import accept
from tests.load.server import Handle, Peer, Served

Reply = Callable[["WebSocketPeer", bytes, int], None]
"""What to do with a message: the peer, the message, its number among all, from 1."""

_MASK_BYTES = 4


def text(payload: bytes) -> bytes:
    """A text message in one frame."""
    return frame(Opcode.TEXT, payload)


def granted(request: bytes, more: bytes = b"") -> bytes:
    """The answer to an upgrade, with more headers."""
    lines = dict(line.split(b": ", 1) for line in request.split(b"\r\n") if b": " in line)
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade"
        b"\r\nSec-WebSocket-Accept: %b\r\n%b\r\n"
        % (accept(lines[b"Sec-WebSocket-Key"]).encode(), more)
    )


class WebSocketPeer:
    """One connection, whose client's messages come one after the other."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.seen: list[tuple[Opcode, bytes]] = []
        self._received = bytearray()

    def begin(self, more: bytes = b"") -> None:
        """Read the request for an upgrade, and grant it."""
        request = self.peer.request()
        if request is not None:
            self.send(granted(request, more))

    def message(self) -> bytes | None:
        """The next message; None: the client has left, or said that it leaves."""
        while (found := self.frame()) is not None:
            if found[0] is Opcode.CLOSE:
                return None
            if not found[0].control:
                return found[1]
        return None

    def frame(self) -> tuple[Opcode, bytes] | None:
        """The next frame of the client."""
        head = self._bytes(2)
        if head is None:
            return None
        assert head[0] & 0xF0 == 0x80, "one frame a message, no extension"
        assert head[1] & 0x80, "a client masks"
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._bytes(2 if size == 126 else 8) or b"", "big")
        mask, masked = self._bytes(_MASK_BYTES), self._bytes(size)
        if mask is None or masked is None:
            return None
        payload = bytes(byte ^ mask[at % _MASK_BYTES] for at, byte in enumerate(masked))
        self.seen.append((Opcode(head[0] & 0x0F), payload))
        return self.seen[-1]

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


def talking(reply: Reply, more: bytes = b"") -> Handle:
    """Upgrade every connection, and call `reply` with each message."""

    def handle(served: Served, peer: Peer) -> None:
        there = WebSocketPeer(peer)
        there.begin(more)
        while (message := there.message()) is not None:
            reply(there, message, served.count())

    return handle


def echoing() -> Handle:
    """Send every message back."""
    return talking(lambda peer, message, _: peer.send(text(message)))
