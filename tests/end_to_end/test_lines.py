"""Servers on unix sockets, with TLS and with workers of their own; apps that open a port."""

import csv
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from servers.ports import free_port
from tests.certificates import server_context
from tests.end_to_end.program import bench, run_here
from tests.ending import join

SHORT = ["--no-selftest", "--not-against-itself", "--rate", "100", "--rounds", "1"]
UVICORN = 'requires = ["uvicorn==0.54.0", "httptools==0.9.0", "uvloop==0.23.0", "click==8.5.1"]'
APP = """
import os
import socket

PORT = int(os.environ.get("METRICS_PORT", "0"))


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        try:
            listener = socket.create_server(("127.0.0.1", PORT))
        except OSError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    scheme = scope["scheme"].encode()
    head = [(b"content-length", b"%d" % len(scheme))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": scheme})
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url), Checked(lambda r: None))
"""
SUITE = """
import httpx


def test_answers(base_url):
    assert httpx.get(base_url).text in {"http", "https"}
"""
PROFILES = {
    "tls": '["{bin}/uvicorn", "{app}", "--port", "{port}", "--ssl-certfile", "{certfile}", '
    '"--ssl-keyfile", "{keyfile}"]',
    "uds": '["{bin}/uvicorn", "{app}", "--uds", "shop.sock"]',
    "two": '["{bin}/uvicorn", "{app}", "--port", "{port}", "--workers", "2"]',
    "fixed": '["{bin}/uvicorn", "{app}", "--port", "18080"]',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an app, a workload, a suite and profiles."""
    files = {"shop.py": APP, "load.py": LOAD, "suite.py": SUITE, "requirements.txt": ""}
    for name, argv in PROFILES.items():
        files[f"{name}.toml"] = f'name = "{name}"\ninterface = "asgi"\n{UVICORN}\nargv = {argv}\n'
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(project: Path, servers: str, *more: str) -> tuple[int, str, Path]:
    """Measure the project's app; the exit code, what was said, and the run's folder."""
    own = [word for name in servers.split(",") if name in PROFILES
           for word in ("--profile", f"{name}.toml")]  # fmt: skip
    folder = project.parent / "run"
    done = bench(
        "run", "--app", "shop:app", "--workload", "load.py", "--servers", servers, *own, *SHORT,
        "--out", str(folder), *more, cwd=project,
    )  # fmt: skip
    return done.returncode, done.stderr, folder


def figures(folder: Path) -> set[str]:
    """Who has figures."""
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        return {row["profile"] for row in csv.DictReader(file) if row["avg_ms"]}


def servers_of(folder: Path) -> dict[str, Any]:
    """What a summary says of each server."""
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {server["profile"]: server for server in found["servers"]}


@pytest.mark.long
def test_sockets_tls_and_workers_are_measured_and_told(project: Path) -> None:
    """Gated by a suite that knows plain HTTP alone, and shown as what they are."""
    code, said, folder = run(
        project, "uvicorn,tls,uds,two", "--tests", "suite.py", "--budget", "15s"
    )
    assert code == 0, said
    assert figures(folder) == {"uvicorn", "tls", "uds", "two"}
    found = servers_of(folder)
    assert {name: (each["connection"], each["workers"]) for name, each in found.items()} == {
        "uvicorn": ("TCP", 1),
        "tls": ("TLS", 1),
        "uds": ("unix socket", 1),
        "two": ("TCP", 2),
    }


def test_profile_that_cannot_be_measured_is_refused(project: Path) -> None:
    """With the file, its line, and what to do; nothing was begun."""
    done = run_here(
        "run", "--app", "shop:app", "--workload", "load.py", "--tests", "none",
        "--servers", "uvicorn,fixed", "--profile", "fixed.toml", cwd=project,
    )  # fmt: skip
    assert done.returncode == 2
    assert "fixed.toml line 4: '18080' is a fixed port" in done.stderr
    assert "write {port}" in done.stderr
    assert not (project / "results").exists()


@pytest.mark.long
@pytest.mark.parametrize("mend", ["--alone", "--app-env=METRICS_PORT={free_port}"])
def test_app_that_opens_a_port_is_measured(project: Path, mend: str) -> None:
    """One server at a time, or with a port each."""
    port = f"METRICS_PORT={free_port('127.0.0.1')}"
    given = [mend, "--app-env", port] if mend == "--alone" else [mend]
    code, said, folder = run(
        project, "uvicorn,hypercorn", "--tests", "suite.py", "--budget", "15s", *given
    )
    assert code == 0, said
    assert figures(folder) == {"uvicorn", "hypercorn"}


@pytest.mark.long
def test_app_that_opens_a_port_is_reported(project: Path) -> None:
    """Which port, who has it, and what to do."""
    port = free_port("127.0.0.1")
    code, said, _ = run(
        project, "uvicorn,hypercorn", "--tests", "none", "--budget", "15s",
        "--app-env", f"METRICS_PORT={port}",
    )  # fmt: skip
    assert code == 1
    told = " ".join(said.split())
    assert f"its app opens port {port} itself, and another server of this run has it" in told
    assert "--alone" in told


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def https_server() -> Iterator[int]:
    """Serve with a certificate that nobody trusts, and give the port."""
    context = server_context()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            join(thread)


@pytest.mark.long
@pytest.mark.parametrize(
    ("verify", "code", "told"),
    [
        ("", 0, ""),
        ("verify = true\n", 1, "a certificate that is not trusted (unable to get local"),
    ],
)
def test_https_url(project: Path, verify: str, code: int, told: str) -> None:
    """A server of somebody else's on this machine; its certificate is looked at if asked for."""
    with https_server() as port:
        text = f'name = "two"\ninterface = "asgi"\nurl = "https://localhost:{port}"\n{verify}'
        (project / "two.toml").write_text(text, encoding="utf-8")
        done, said, folder = run(project, "two", "--tests", "none", "--budget", "5s")
    assert done == code, said
    assert told in " ".join(said.split())
    assert figures(folder) == ({"two"} if code == 0 else set())
