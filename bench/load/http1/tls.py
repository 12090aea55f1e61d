"""A connection with TLS in it: what the loops and the transport see are the bytes within.

OpenSSL is given bytes and gives some; the socket is the plain connection's, so that it is polled,
read and stamped in the same way. Its cost is the client's own, and there is no part of it in a
connection without.
"""

import os
import ssl
from dataclasses import dataclass

from bench.load.http1.address import Peer
from bench.load.http1.connection import RECEIVE_BYTES, Connection, State


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a connection needs to begin: settings, and the name that the certificate is for."""

    context: ssl.SSLContext
    name: str


class TlsConnection(Connection):
    """As a plain connection; it is open when the handshake is over.

    A request is encrypted once. While the socket does not take all of that, `write` has taken
    nothing, and must be called again with the same request.
    """

    __slots__ = ("_connected", "_incoming", "_outgoing", "_read_socket", "_sealed", "_tls")

    def __init__(
        self,
        address: Peer,
        handshake: Handshake,
        *,
        stamps: bool = False,
        source: str | None = None,
    ) -> None:
        """Begin to connect, as a plain connection does. Raises OSError."""
        super().__init__(address, stamps=stamps, source=source)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = handshake.context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=handshake.name
        )
        self._connected = False
        self._sealed = memoryview(b"")
        self._read_socket = self.read
        self.read, self.write = self._read, self._write

    def stamp(self, wanted: bool) -> None:  # noqa: FBT001 - as of every connection
        """As of every connection: when the last bytes were received that it took."""
        super().stamp(wanted)
        self._read_socket, self.read = self.read, self._read

    def connected(self) -> None:
        """Go on with the handshake; called again whenever the socket is ready, until it is open.

        Raises OSError if connecting failed, or the certificate is not trusted.
        """
        if self._connected:
            self._take_in()
        else:
            super().connected()
            self._connected, self.state = True, State.CONNECTING
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._push()
        else:
            self._push()
            self.state = State.OPEN

    def is_quiet(self) -> bool:
        """Whether an idle connection is open; what TLS itself had to say is taken in."""
        if self.wants_write or self.state is not State.OPEN:
            return False
        try:
            self._read(self.fd, RECEIVE_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _take_in(self) -> None:
        """Give OpenSSL what has come. Raises OSError."""
        try:
            data = self._read_socket(self.fd, RECEIVE_BYTES)
        except BlockingIOError:
            return
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _read(self, fd: int, _size: int) -> bytes:
        """Read all that has come, whatever `size`: nothing would say that there is more."""
        data = self._read_socket(fd, RECEIVE_BYTES)
        if not data:
            return data
        self._incoming.write(data)
        try:
            plain = self._tls.read(RECEIVE_BYTES)
            if self._incoming.pending or self._tls.pending():
                plain += self._rest()
        except ssl.SSLWantReadError:
            raise BlockingIOError from None
        except ssl.SSLZeroReturnError:
            return b""
        finally:
            if self._outgoing.pending:
                self._push()
        return plain

    def _rest(self) -> bytes:
        """The records after the first."""
        found = []
        try:
            while self._incoming.pending or self._tls.pending():
                found.append(self._tls.read(RECEIVE_BYTES))
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass  # the end of the connection comes once more, as the socket's
        return b"".join(found)

    def _write(self, fd: int, data: bytes | memoryview) -> int:
        if not self._sealed:
            self._tls.write(data)
            self._sealed = memoryview(self._outgoing.read())
        sent = os.write(fd, self._sealed)
        self._sealed = self._sealed[sent:]
        return 0 if self._sealed else len(data)

    def _push(self) -> None:
        """Send what TLS itself has to say: some hundred bytes, which a socket takes whole."""
        data = self._outgoing.read()
        if data and os.write(self.fd, data) != len(data):
            raise OSError("the socket took a part of the TLS handshake only")
