"""One connection to a reference server, in the protocol in which it begins: requests, answers.

HTTP/1.1 or HTTP/2, each over TLS or not; all on one port, so that one process serves them all.
"""

import socket
import ssl
from typing import Final, NamedTuple

from bench.proof.reference.null_answer import BODY, RESPONSE
from bench.proof.reference.server_frames import PREFACE
from bench.proof.reference.server_streams import ServerStreams, answer
from bench.proof.reference.server_tls import ServerTls, begins_tls

_CLOSE: Final = b"onnection: close"
_PREFACE_BEGINS: Final = PREFACE[:4]


class Asked(NamedTuple):
    """A request without a body. `stream`: 0 over HTTP/1.1. `closes`: nothing follows it."""

    path: bytes
    stream: int
    closes: bool


class ServerConnection:
    """What a client says over one connection, one request at a time if it is HTTP/1.1."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        """Wait for what comes first, which decides. `context`: None: no TLS is spoken."""
        self.socket = connection
        self._context = context
        self._tls: ServerTls | None = None
        self._streams: ServerStreams | None = None
        self._decided = False

    def take(self, data: bytes) -> list[Asked]:
        """Take what was received, and send what protocols demand. Raises OSError."""
        if not self._decided:
            data = self._decide(data)
        elif self._tls is not None:
            data = self._unsealed(data)
        if not data:
            return []
        if self._streams is None:
            return [Asked(data.split(b" ", 2)[1], 0, _CLOSE in data)]
        found = [Asked(path, stream, closes=False) for stream, path in self._streams.take(data)]
        if self._streams.out:
            out, self._streams.out = self._streams.out, b""
            self.write(out)
        return found

    def answer(self, stream: int, body: bytes = BODY) -> None:
        """Answer a request. Raises OSError."""
        if stream:
            self.write(answer(stream, body))
        else:
            self.write(RESPONSE if body is BODY else _response(body))

    def answer_all(self, data: bytes) -> bool:
        """Answer whatever was received, by one write; False: nothing follows. Raises OSError."""
        asked = self.take(data)
        if asked:
            self.write(
                RESPONSE * len(asked)
                if self._streams is None
                else b"".join([answer(each.stream, BODY) for each in asked])
            )
        return not any(each.closes for each in asked)

    def write(self, data: bytes) -> None:
        """Send bytes as they are, over TLS if that is spoken. Raises OSError."""
        self.socket.sendall(data if self._tls is None else self._tls.sealed(data))

    def _decide(self, data: bytes) -> bytes:
        """Look at the first bytes; those that are a client's own words."""
        if self._tls is None and self._context is not None and begins_tls(data):
            self._tls = ServerTls(self._context)
        if self._tls is not None:
            data = self._unsealed(data)
        if data:
            self._decided = True
            if data.startswith(_PREFACE_BEGINS):
                self._streams = ServerStreams()
        return data

    def _unsealed(self, data: bytes) -> bytes:
        assert self._tls is not None  # noqa: S101 - else nothing is sealed
        plain = self._tls.take(data)
        if self._tls.out:
            out, self._tls.out = self._tls.out, b""
            self.socket.sendall(out)
        return plain


def _response(body: bytes) -> bytes:
    """Of what is asked between loads; the connection ends with it, and a client has to know."""
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    return head + body
