"""TLS of a reference server, between bytes of a socket and what they say: it has no socket itself.

A server that reads its sockets by itself keeps the kernel's timestamps so, and its own books.
"""

import ssl
from collections.abc import Sequence
from typing import Final

_AT_ONCE: Final = 64 * 1024
_RECORD: Final = 22  # the first byte of a TLS connection; of no other that is spoken here
ALPN: Final = ("h2", "http/1.1")


def server_context(files: Sequence[str]) -> ssl.SSLContext | None:
    """Settings of a server whose certificate and key are in two files; None: there are none."""
    if not files:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(*files)
    context.set_alpn_protocols(ALPN)
    return context


def begins_tls(data: bytes) -> bool:
    """Whether a connection whose first bytes these are speaks TLS."""
    return data[:1] == bytes([_RECORD])


class ServerTls:
    """The server's end of one TLS connection.

    `out`: what TLS itself has to send, as in the handshake; whoever sends it empties it.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        """Wait for the client's first bytes."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._ready = False
        self.out = b""

    def take(self, data: bytes) -> bytes:
        """Take what was received; what it says. Raises OSError where it is no TLS."""
        self._incoming.write(data)
        found = []
        try:
            if not self._ready:
                self._tls.do_handshake()
                self._ready = True
            while self._incoming.pending or self._tls.pending():
                found.append(self._tls.read(_AT_ONCE))
                if not found[-1]:  # it will say no more
                    break
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        self.out += self._outgoing.read()
        return b"".join(found)

    def sealed(self, data: bytes) -> bytes:
        """What is to be sent to say this."""
        self._tls.write(data)
        return self._outgoing.read()
