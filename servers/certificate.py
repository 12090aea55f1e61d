"""A certificate for one start of a server, and the authority that vouches for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

NAMES: Final = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a certificate for this machine's loopback, its key (P-256), its authority's."""

    certfile: Path
    keyfile: Path
    ca: Path

    @classmethod
    def within(cls, folder: Path) -> Self:
        """Name the files as they are called in a folder, whether they are there or not."""
        return cls(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")


def spoken_name(host: str) -> str:
    """What a client that names its server in the hello calls one with such a certificate.

    A hello names no addresses (RFC 6066, 3): Envoy refuses those over HTTP/3 that do, and the
    library of HTTP/3 would write one down like any other name.
    """
    return "localhost" if host in NAMES else host


def made(folder: Path, *hosts: str) -> Certificate:
    """Make a new certificate, signed by a new authority, in a folder that goes with the server.

    `hosts`: what it is for, beside NAMES.
    The authority's key is never written, so that nothing else can be signed by it. Raises OSError.
    """
    import trustme  # noqa: PLC0415 - 0.1 s, for those who use TLS only

    files, authority = Certificate.within(folder), trustme.CA()
    issued = authority.issue_cert(*dict.fromkeys((*NAMES, *hosts)))
    files.keyfile.touch(mode=0o600)
    issued.private_key_pem.write_to_path(files.keyfile)
    (certificate,) = issued.cert_chain_pems
    certificate.write_to_path(files.certfile)
    authority.cert_pem.write_to_path(files.ca)
    return files
