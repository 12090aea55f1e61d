"""What came back from a server that was asked whether it answers."""

from dataclasses import dataclass
from typing import Final

CLOSED: Final = "the connection was closed without an answer"
_READABLE = 4096  # Bytes of a body that are looked at for its first line.
_LONGEST_LINE = 200


class UnverifiedError(OSError):
    """A server's certificate was looked at by QUIC, and is not trusted."""


@dataclass(frozen=True)
class Secured:
    """What client and server agreed upon in a TLS handshake."""

    version: str
    cipher: str
    resumed: bool
    """Whether the handshake was that of an earlier session: shorter."""
    alpn: str | None = None
    """The protocol that they chose; None: none, and it is HTTP/1.1."""


@dataclass(frozen=True)
class ProbeAnswer:
    """What came back: `at_ns` is when its last byte arrived, `location` where it points to."""

    status: int
    body: bytes
    at_ns: int
    location: str | None = None
    secured: Secured | None = None
    """None: it came without TLS."""

    def __str__(self) -> str:
        """Tell status and the first line of the body."""
        line = next(filter(None, map(str.strip, self._text.splitlines())), "")
        said = f"{line[:_LONGEST_LINE]!r}" if line else "no body"
        return f"{self.status} ({said}{f', Location: {self.location}' if self.location else ''})"

    @property
    def _text(self) -> str:
        return self.body[:_READABLE].decode(errors="replace")
