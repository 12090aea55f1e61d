"""The repository's nginx.conf before a server: ports and certificate are the test's own."""

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.system.repository import ROOT
from servers.ports import free_port, is_listening
from servers.processes.keeper_client import keep

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
HOST = "127.0.0.1"
LIMIT_S = 20.0


@dataclass(frozen=True)
class Proxy:
    """Where nginx listens, and the certificate that it shows."""

    secure_port: int
    plain_port: int
    certificate: Path

    @property
    def url(self) -> str:
        """Where it is asked over TLS."""
        return f"https://{HOST}:{self.secure_port}"

    def tls(self) -> ssl.SSLContext:
        """Trust its certificate, and no other."""
        return ssl.create_default_context(cafile=self.certificate)


def nginx_program() -> str:
    """Return where nginx is; where there is none, a test is skipped, but never in CI."""
    found = shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        missing = "nginx is not installed: apt-get install nginx-light"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@asynccontextmanager
async def nginx(folder: Path, upstream_port: int) -> AsyncIterator[Proxy]:
    """Start nginx with the repository's configuration; give it once it listens."""
    certificate, key = await _certificate(folder)
    proxy = Proxy(free_port(HOST), free_port(HOST), certificate)
    path = folder / "nginx.conf"
    path.write_text(_here(folder, proxy, key, upstream_port), encoding="utf-8")
    argv = [nginx_program(), "-p", str(folder), "-c", str(path), "-e", "stderr"]
    # As root it would become nobody, who cannot write to a test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    argv += ["-g", f"daemon off; pid {folder}/nginx.pid; error_log stderr; {user}"]
    log = folder / "nginx.log"
    async with keep([*argv, "-t"], log=log) as check:
        assert await check.wait() == 0, log.read_text(encoding="utf-8")
    ports = (proxy.secure_port, proxy.plain_port)
    async with keep(argv, log=log) as kept:
        async with asyncio.timeout(LIMIT_S):
            while not all(is_listening(HOST, port) for port in ports):
                assert kept.running, log.read_text(encoding="utf-8")
                await asyncio.sleep(0.01)
        yield proxy


def _here(folder: Path, proxy: Proxy, key: Path, upstream_port: int) -> str:
    """Return the configuration with ports and paths of the test's own; all else as it stands."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for deployed, here in {
        "server 127.0.0.1:8000;": f"server {HOST}:{upstream_port};",
        "listen 80;": f"listen {HOST}:{proxy.plain_port};",
        "listen 443 ssl;": f"listen {HOST}:{proxy.secure_port} ssl;",
        "/etc/ssl/certs/items.pem": str(proxy.certificate),
        "/etc/ssl/private/items.key": str(key),
        "access_log /var/log/nginx/access.log;": _folders(folder),
        "worker_processes auto;": "worker_processes 1;",
    }.items():
        assert text.count(deployed) == 1, deployed
        text = text.replace(deployed, here)
    return text


def _folders(folder: Path) -> str:
    """Keep what nginx writes in the test's folder."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return f"access_log {folder}/access.log; " + " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in kinds
    )


async def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine, and its key."""
    certificate, key = folder / "items.pem", folder / "items.key"
    argv = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=items", "-addext", f"subjectAltName=IP:{HOST}",
        "-out", str(certificate), "-keyout", str(key),
    ]  # fmt: skip
    log = folder / "openssl.log"
    async with keep(argv, log=log) as made:
        assert await made.wait() == 0, log.read_text(encoding="utf-8")
    return certificate, key
