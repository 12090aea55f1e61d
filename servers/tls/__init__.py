"""TLS as a client of a measured server needs it, and a certificate for servers that have none.

The certificate is for 127.0.0.1 and localhost, and its key is public: it proves nothing.
"""

import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

CERTFILE: Final = Path(__file__).resolve().with_name("cert.pem")
KEYFILE: Final = CERTFILE.with_name("key.pem")


@dataclass(frozen=True)
class Tls:
    """How a server's certificate is looked at.

    verified: against the authorities of `ca`, or of this machine (None), and for the server's name.
    A server that was started here is known by its process, whatever its certificate says.
    """

    verified: bool = False
    ca: Path | None = None

    @cache  # noqa: B019 - a few settings in a process's life; reading authorities takes 20 ms
    def context(self, protocol: str = "http/1.1") -> ssl.SSLContext:
        """Settings of a client that speaks a protocol, as ALPN calls it.

        Raises OSError where `ca` cannot be read.
        """
        if self.verified:
            context = ssl.create_default_context(cafile=self.ca)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols([protocol])
        return context
