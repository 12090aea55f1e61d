"""TLS between a socket and what is said over it: those who read and write see the bytes within.

OpenSSL is given bytes and gives some; the socket is the link's, so that it is polled, read and
stamped in the same way. Its cost is the client's own, and there is no part of it in a link without.
"""

import os
import socket
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

_AT_ONCE: Final = 64 * 1024  # bytes that are read of the socket, or of OpenSSL


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a connection needs to begin: settings, and the name that the certificate is for.

    `sessions`: of earlier connections with the same settings, each of which the next connection
    resumes, once; None: every handshake is a full one.
    """

    context: ssl.SSLContext
    name: str
    sessions: deque[ssl.SSLSession] | None = None


class TlsLayer:
    """Encrypts what is written to a socket, and decrypts what is read from it.

    `read_socket`: how to read from it. What is to be written is encrypted once: while the socket
    does not take all of that, `write` has taken nothing, and must be called again with the same.
    """

    __slots__ = ("_incoming", "_outgoing", "_sealed", "_sessions", "_tls", "read_socket")

    def __init__(self, handshake: Handshake) -> None:
        """Say nothing before the socket is connected."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._sessions = handshake.sessions
        self._tls = handshake.context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_hostname=handshake.name,
            session=self._sessions.popleft() if self._sessions else None,
        )
        self._sealed = memoryview(b"")
        self.read_socket: Callable[[int, int], bytes] = os.read

    @property
    def protocol(self) -> str | None:
        """The protocol that the server has selected by ALPN; None: none."""
        return self._tls.selected_alpn_protocol()

    @property
    def resumed(self) -> bool:
        """Whether the handshake, which is over, resumed an earlier session."""
        return bool(self._tls.session_reused)

    def keep_session(self) -> None:
        """Keep the session for the next connection, if the server has sent a ticket for it.

        TLS 1.3 sends tickets after the handshake: they are here once an answer is.
        """
        session = None if self._sessions is None else self._tls.session
        if self._sessions is not None and session is not None and session.has_ticket:
            self._sessions.append(session)

    def begin(self, fd: int) -> bool:
        """Begin the handshake, or go on with it; whether it is over.

        Raises OSError if it failed, as where the certificate is not trusted.
        """
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._push(fd)
            return False
        self._push(fd)
        return True

    def go_on(self, fd: int) -> bool:
        """Take in what has come, and go on with the handshake. Raises OSError."""
        try:
            data = self.read_socket(fd, _AT_ONCE)
        except BlockingIOError:
            return self.begin(fd)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return self.begin(fd)

    def read(self, fd: int, _size: int) -> bytes:
        """Read all that has come, whatever `size`: nothing would say that there is more."""
        data = self.read_socket(fd, _AT_ONCE)
        if not data:
            return data
        self._incoming.write(data)
        try:
            plain = self._tls.read(_AT_ONCE)
            if self._incoming.pending or self._tls.pending():
                plain += self._rest(fd)
        except ssl.SSLWantReadError:
            raise BlockingIOError from None
        except ssl.SSLZeroReturnError:
            return b""
        finally:
            if self._outgoing.pending:
                self._push(fd)
        return plain

    def left(self, fd: int) -> bytes:
        """What came right after the handshake: no further poll would report it."""
        return self._rest(fd)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Encrypt and send; 0: the socket has not taken all of it, else the length of `data`."""
        if not self._sealed:
            self._tls.write(data)
            self._sealed = memoryview(self._outgoing.read())
        sent = os.write(fd, self._sealed)
        self._sealed = self._sealed[sent:]
        return 0 if self._sealed else len(data)

    def _rest(self, fd: int) -> bytes:
        """The records after the first."""
        found = []
        try:
            while self._incoming.pending or self._tls.pending():
                found.append(self._tls.read(_AT_ONCE))
                if not found[-1]:
                    _end_reading(fd)
                    break
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return b"".join(found)

    def _push(self, fd: int) -> None:
        """Send what TLS itself has to say: some hundred bytes, which a socket takes whole."""
        data = self._outgoing.read()
        if data and os.write(fd, data) != len(data):
            raise OSError("the socket took a part of the TLS handshake only")


def _end_reading(fd: int) -> None:
    """Have the end of a socket be read next, as of what is said over it.

    A server that has said by TLS that it will say no more may wait for the same from here before it
    closes the socket: no poll would report anything until then.
    """
    with closing(socket.socket(fileno=os.dup(fd))) as same, suppress(OSError):
        same.shutdown(socket.SHUT_RD)
