"""The command: which servers it means, and what it prints beneath the tables."""

from collections.abc import Sequence
from typing import Any

import pytest

from bench.cli import calibrate as command
from bench.proof.calibration import experiment
from bench.proof.calibration.results import Calibration
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

    monkeypatch.setattr(experiment, "calibrate", calibrate)
    assert command.compare_clients(servers, slices=3, connections=5) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert seen == expected
    assert "GET on null server" in printed
    assert "3 slices of 1 s each, in turn, 5 connections" in printed
    assert "for 30% of the time another process had the generator's core" in printed
    assert "Not installed, so not compared: wrk, oha." in printed


def test_an_unknown_server() -> None:
    """It is said before anything is started."""
    with pytest.raises(ProfileError, match="server 'uvicor' is unknown; did you mean 'uvicorn'"):
        command.compare_clients("uvicor", slices=3, connections=5)
