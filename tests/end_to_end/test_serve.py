"""`serve`: the API under one server, in the foreground."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.asking import free_port, get, read_until
from tests.end_to_end.program import ROOT, bench


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "uwsgi"])
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
