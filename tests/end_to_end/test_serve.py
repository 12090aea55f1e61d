"""`serve`: the API under one server, in the foreground."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.asking import free_port, get, read_until
from tests.end_to_end.program import ROOT, bench, run_here


@pytest.mark.parametrize(
    "server",
    ["uvicorn", *(pytest.param(each, marks=pytest.mark.long) for each in ("hypercorn", "uwsgi"))],
)
def test_serve_runs_the_api_in_the_foreground(server: str, tmp_path: Path) -> None:
    """It answers, logs the access, prints its launch line, and leaves at SIGINT or SIGTERM."""
    port = free_port()
    log = tmp_path / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench", "serve", server, "--port", str(port)],
            stdout=output, stderr=output, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            answer = get(f"http://127.0.0.1:{port}/items/7")
            said = read_until(log, "/items/7")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)

    assert answer.status_code == 200
    assert answer.json()["id"] == 7
    assert str(port) in said


def test_serve_speaks_another_protocol(tmp_path: Path) -> None:
    """HTTP/2 over TLS, by a certificate whose authority is named."""
    port, log = free_port(), tmp_path / "log"
    line = ("serve", "hypercorn", "--protocol", "h2", "--port", str(port))
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench", *line],
            stdout=output, stderr=output, cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
        )  # fmt: skip
        try:
            said = read_until(log, f"https://127.0.0.1:{port}/docs")
            found = re.search(r"its certificate is signed by (\S+)", said)
            assert found is not None
            trusted = ssl.create_default_context(cafile=found[1])
            with httpx.Client(http2=True, verify=trusted, trust_env=False) as client:
                answer = get(f"https://127.0.0.1:{port}/items/7", client)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)

    assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (("uvicorn", "--protocol", "h2c"), "uvicorn does not speak h2c; servers that speak it: "),
        (
            ("hypercorn", "--protocol", "h2", "--script", "start.sh"),
            "--script cannot write the certificate of hypercorn@h2",
        ),
    ],
)
def test_serve_refuses_what_it_cannot_speak(line: tuple[str, ...], expected: str) -> None:
    """In one line, before anything is built."""
    done = run_here("serve", *line)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_serve_refuses_a_port_in_use() -> None:
    """The line names the port and what to do; the exit code is the machine's."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bench("serve", "uvicorn", "--port", str(port))

    assert done.returncode == 3
    assert f"port {port} is in use" in done.stderr
    assert "--port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_serve_without_a_name_lists_the_servers() -> None:
    """Every name that can be served, one a line."""
    done = bench("serve")

    assert done.returncode == 0
    for name in ("uvicorn", "gunicorn", "gunicorn-asgi", "hypercorn", "daphne", "uwsgi", "granian"):
        assert name in done.stdout
