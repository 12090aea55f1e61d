"""TLS as a client of a measured server needs it."""

import re
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_LOOPBACK: Final = re.compile(r"https://(localhost|127\.[\d.]+|\[::1\])(:|$)")


def is_nearby(url: str) -> bool:
    """Tell whether it is on this machine, where certificates are mostly made by hand."""
    return _LOOPBACK.match(url) is not None


@dataclass(frozen=True)
class Tls:
    """How a server's certificate is looked at.

    verified: against the authorities of `ca`, or of this machine (None), and for the server's name.
    A server that was started here with the user's own certificate is known by its process,
    whatever that says. newest: TLS 1.3 and nothing older, as for servers that are compared.
    """

    verified: bool = False
    ca: Path | None = None
    newest: bool = False

    @cache  # noqa: B019 - a few settings in a process's life; reading authorities takes 20 ms
    def context(self, protocol: str = "http/1.1") -> ssl.SSLContext:
        """Settings of a client that offers a protocol, as ALPN calls it.

        Raises OSError where `ca` cannot be read. Python's ssl cannot choose among the ciphers of
        TLS 1.3: OpenSSL offers its own, in its order, and what was agreed is seen at each start.
        """
        if self.verified:
            context = ssl.create_default_context(cafile=self.ca)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.newest:
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols([protocol])
        return context
