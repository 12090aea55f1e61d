"""The calibration itself: everything that is real, for as short as it can be."""

from pathlib import Path

import pytest

from bench.calibration import experiment
from bench.calibration.experiment import OURS, OURS_HTTPX, STOCK_HTTPX, WRK, calibrate
from bench.calibration.found import Figure
from bench.calibration.place import NULL
from bench.machine import share_out
from servers.profile import Interface, Profile


@pytest.mark.anyio
async def test_on_the_null_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every client has its figures, in every slice; a server that does not start is absent."""
    monkeypatch.setattr(experiment, "installed", _wrk_if_there_is_one)
    broken = Profile("broken", Interface.ASGI, "broken", argv=("/nothing-here",))
    told: list[str] = []
    found = await calibrate(
        [broken], share_out(), tmp_path, slices=2, connections=4, tell=told.append
    )
    clients = found.contests[NULL]
    assert list(found.contests) == [NULL]
    assert [OURS, OURS_HTTPX, STOCK_HTTPX] == list(clients[:3])
    assert len(told) == 3 * len(clients)
    for client in clients:
        assert found.fault(NULL, client) is None
        for figure in Figure:
            assert all(value > 0 for value in found.values(NULL, client, figure))
        assert len(found.values(NULL, client, Figure.CPU_NS)) == 2
    assert list(found.absent) == ["broken"]
