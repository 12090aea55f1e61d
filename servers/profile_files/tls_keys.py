"""Whether a profile's server speaks TLS, and whether its certificate is verified."""

from typing import Any

from servers.profile_files.checks import check_certificates
from servers.profile_files.source import ProfileSource
from servers.tls import Tls, is_nearby


def tls_of(source: ProfileSource, where: tuple[str, ...], settings: dict[str, Any]) -> Tls | None:
    """Whether it speaks TLS, and whether its certificate is verified, if it is run externally."""
    url, verify = settings.get("url"), settings.get("verify")
    if url is None:
        if verify is not None:
            complaint = "'verify' needs an https url: servers started here are not verified"
            source.refuse((*where, "verify"), complaint)
        certified = check_certificates(source, where, settings["argv"])
        return Tls() if settings.get("tls", certified) else None
    if "tls" in settings:
        source.refuse((*where, "tls"), "'tls' goes with 'argv': a url has https:// for it")
    if not url.startswith("https:"):
        if verify is not None:
            source.refuse((*where, "verify"), "'verify' needs an https url: this one is http")
        return None
    if not isinstance(verify, str):
        return Tls(verified=not is_nearby(url) if verify is None else verify)
    ca = source.path.resolve().parent / verify
    if not ca.is_file():
        source.refuse((*where, "verify"), f"'verify' is {verify!r}, but there is no file '{ca}'")
    return Tls(verified=True, ca=ca)
