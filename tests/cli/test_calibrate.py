"""The command: which servers it means, and what it prints beneath the tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.cli import calibrate as command
from bench.proof.calibration import experiment, streams
from bench.proof.calibration.results import Calibration
from bench.system.machine import share_out
from servers.errors import ProfileError
from servers.profile import Profile
from tests.build.calibration import client_slice

DEFAULTS = ["daphne", "granian", "gunicorn-asgi", "gunicorn", "hypercorn", "uvicorn", "uwsgi"]


@pytest.mark.parametrize(
    ("servers", "expected"),
    [(None, DEFAULTS), ("none", []), ("uvicorn, daphne", ["uvicorn", "daphne"])],
)
def test_servers(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    servers: str | None,
    expected: list[str],
) -> None:
    """The seven unless some are named; what is not installed is said."""
    seen: list[str] = []

    async def calibrate(profiles: Sequence[Profile], *_: Any, **settings: Any) -> Calibration:
        seen.extend(profile.name for profile in profiles)
        found = Calibration({"null server": ("weighbridge", "h2load")})
        for client in ("weighbridge", "h2load"):
            for number in range(settings["slices"]):
                made = client_slice(
                    1000.0 + number, cpu_ns=1.0, mean_ns=1.0, p50_ns=1.0, p99_ns=1.0, starved=0.3
                )
                found.add("null server", client, made)
        return found

    async def over_streams(*_: Any, slices: int, tell: Any) -> Calibration:
        del tell
        found = Calibration({"nginx": ("weighbridge", "h2load")})
        for client, cpu_ns in (("weighbridge", 8_000.0), ("h2load", 9_000.0)):
            for number in range(slices):
                made = client_slice(
                    100.0 + number, cpu_ns=cpu_ns, mean_ns=1.0, p50_ns=1.0, p99_ns=1.0
                )
                found.add("nginx", client, made)
        return found

    monkeypatch.setattr(experiment, "calibrate", calibrate)
    monkeypatch.setattr(streams, "calibrate_streams", over_streams)
    assert command.compare_clients(servers, slices=3, connections=5) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert seen == expected
    assert "GET on null server" in printed
    assert "3 slices of 1 s each, in turn, 5 connections" in printed
    assert "for 30% of the time another process had the generator's core" in printed
    assert "Not installed, so not compared: wrk, oha." in printed
    assert "Over HTTP/2 (h2c, 8 connections of 8 streams):" in printed
    assert "h2load on nginx: 101 requests/s, 9.00 us of CPU per request" in printed


async def test_what_is_missing_for_http2_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And no error: what was compared over HTTP/1.1 stands."""
    found = Calibration({})

    async def calibrate(*_: Any, **__: Any) -> Calibration:
        return found

    monkeypatch.setattr(experiment, "calibrate", calibrate)
    monkeypatch.setenv("PATH", "")
    settings: dict[str, Any] = {"slices": 2, "connections": 5, "tell": print}
    seen, said = await command._compared([], share_out(), tmp_path, **settings)
    assert seen is found
    (line,) = said
    assert line.startswith("Over HTTP/2 nothing is compared: h2load is not installed (Debian: apt")


def test_an_unknown_server() -> None:
    """It is said before anything is started."""
    with pytest.raises(ProfileError, match="server 'uvicor' is unknown; did you mean 'uvicorn'"):
        command.compare_clients("uvicor", slices=3, connections=5)
