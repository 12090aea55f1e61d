"""The calibration itself: everything that is real, for as short as it can be."""

from functools import partial
from pathlib import Path

import pytest

from bench.proof.calibration import experiment, own, wrk
from bench.proof.calibration.experiment import OURS, OURS_HTTPX, STOCK_HTTPX, calibrate
from bench.proof.calibration.external import installed
from bench.proof.calibration.results import NULL, CalibrationFigure
from bench.system.machine import share_out
from servers.profile import Interface, Profile


@pytest.mark.timed  # beside others, stock httpx may send nothing in half a second
async def test_on_the_null_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every client has its figures, in every slice; a server that does not start is absent."""
    monkeypatch.setattr(experiment, "installed", partial(installed, tools=[wrk]))
    monkeypatch.setattr(own, "SLICE_S", 0.5)
    broken = Profile("broken", Interface.ASGI, "broken", argv=("/nothing-here",))
    told: list[str] = []
    found = await calibrate(
        [broken], share_out(), tmp_path, slices=2, connections=4, tell=told.append
    )
    clients = found.contests[NULL]
    assert list(found.contests) == [NULL]
    assert list(clients[:3]) == [OURS, OURS_HTTPX, STOCK_HTTPX]
    assert len(told) == 3 * len(clients)
    assert {line.partition(":")[0] for line in told} == {
        "warming up",
        "slice 1 of 2",
        "slice 2 of 2",
    }
    for client in clients:
        assert found.fault(NULL, client) is None
        for figure in CalibrationFigure:
            values = found.values(NULL, client, figure)
            assert len(values) == 2
            assert min(values) > 0
    assert list(found.absent) == ["broken"]
