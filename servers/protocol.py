"""The protocols that a server may be measured over."""

from dataclasses import dataclass, field
from enum import StrEnum


class Protocol(StrEnum):
    """What is spoken between a client and a server.

    H2C: HTTP/2 without TLS, which the client knows beforehand to be spoken. H2: HTTP/2 over TLS, as
    both agree by ALPN.
    """

    HTTP_1_1 = "http/1.1"
    HTTPS_1_1 = "https/1.1"
    H2C = "h2c"
    H2 = "h2"
    H3 = "h3"

    @property
    def has_streams(self) -> bool:
        """Whether several requests are in flight over one connection."""
        return self in {Protocol.H2C, Protocol.H2, Protocol.H3}

    @property
    def secure(self) -> bool:
        """Whether it goes over TLS."""
        return self in {Protocol.HTTPS_1_1, Protocol.H2, Protocol.H3}

    @property
    def alpn(self) -> str:
        """What it is called in a TLS handshake."""
        return str(self) if self.has_streams else "http/1.1"


@dataclass(frozen=True)
class Spoken:
    """How a server is run so that it speaks a protocol, where that is not as its profile has it.

    Of a server that somebody else runs there is nothing to change but the `url`.
    """

    argv: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    """Requirements in addition to the profile's."""
    title: str | None = None
    """What reports call it; None: the profile's title and the protocol."""
    env: tuple[tuple[str, str], ...] = field(default=())
    """Variables in addition to the profile's."""
    url: str | None = None
    faults: tuple[tuple[str, str], ...] = ()
    """What it is known to do wrong then, by the test of the functional suite that shows it."""
