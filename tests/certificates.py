"""A certificate for servers of tests, and an authority that nobody knows but who is told."""

import atexit
import shutil
import ssl
import tempfile
from functools import cache
from pathlib import Path

from servers.certificate import Certificate, made


@cache
def certificate() -> Certificate:
    """One for the whole process, whose folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="weighbridge-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return made(folder)


def server_context(*alpn: str) -> ssl.SSLContext:
    """Settings of a server with it, that chooses among these protocols."""
    files = certificate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certfile, files.keyfile)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
