"""Running other people's tools: stood in for by scripts."""

import time
from pathlib import Path

import pytest

from bench.proof.calibration import external, wrk
from bench.proof.calibration.client import CalibrationServer, ClientSlice, Fault
from bench.proof.calibration.external import ExternalClient, installed
from tests.proof.calibration import outputs

PLACE = CalibrationServer("a place", "http://127.0.0.1:1", "get_item")


def tool(folder: Path, script: str) -> ExternalClient:
    """A client whose program is a shell script."""
    program = folder / "wrk"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return ExternalClient(wrk, str(program), None, 32, folder)


async def test_what_it_says_and_what_it_cost(tmp_path: Path) -> None:
    """The CPU time is the program's own, over the requests that it reports."""
    burn = "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done"
    client = tool(tmp_path, f"{burn}; cat <<'EOF'\n{outputs.WRK}EOF")
    seen = await client.load(PLACE, seed=1)
    assert isinstance(seen, ClientSlice)
    assert (seen.throughput, seen.p50_ns) == (70845.79, 326_000)
    assert seen.cpu_ns is not None
    assert 0 < seen.cpu_ns < 60e9 / 77914
    assert await client.load(PLACE, seed=2) != Fault("it has read what the first slice has said")


async def test_what_it_is_reported(tmp_path: Path) -> None:
    """The address that is answered correctly on that place."""
    seen = await tool(tmp_path, 'echo "$@"').load(PLACE, seed=1)
    assert seen == Fault(
        "it printed no rate, but '-t1 -c32 -d1s --latency http://127.0.0.1:1/items/7\\n'"
    )


async def test_it_fails(tmp_path: Path) -> None:
    """Its status, and the line of its log that tells why."""
    seen = await tool(tmp_path, "echo unable to connect >&2; exit 1").load(PLACE, seed=1)
    assert seen == Fault("it ended with status 1: unable to connect")


async def test_it_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, and that is its fault."""
    monkeypatch.setattr(external, "PATIENCE_S", -0.8)
    begun = time.monotonic()
    seen = await tool(tmp_path, "sleep 300").load(PLACE, seed=1)
    assert seen == Fault("it had not ended -0.8 s after its time")
    assert time.monotonic() - begun < 10


def test_only_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found as the shell finds it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed(None, 32, tmp_path) == []
    client = tool(tmp_path, "exit 0")
    assert installed(None, 32, tmp_path) == [client]
