"""HTTP/2 beside h2load: what is asked of each, and what is said of what was found."""

from pathlib import Path

import pytest

from bench.errors import HarnessError
from bench.proof.calibration import h2load_streams, streams
from bench.proof.calibration.client import ClientSlice, Fault
from bench.proof.calibration.experiment import OURS
from bench.proof.calibration.nginx import NAME
from bench.proof.calibration.results import Calibration
from bench.system.machine import share_out


def found(ours: list[ClientSlice | Fault], theirs: list[ClientSlice | Fault]) -> Calibration:
    """A calibration with these slices."""
    made = Calibration({NAME: (OURS, "h2load")})
    for name, slices in ((OURS, ours), ("h2load", theirs)):
        for each in slices:
            made.add(NAME, name, each)
    return made


def slice_of(throughput: float, cpu_ns: float) -> ClientSlice:
    """One slice."""
    return ClientSlice(throughput=throughput, cpu_ns=cpu_ns, mean_ns=None, p50_ns=None, p99_ns=None)


def test_h2load_has_as_many_streams_as_ours() -> None:
    """One thread, HTTP/2 by prior knowledge: no --h1."""
    assert h2load_streams.arguments("http://x/", 8, 1) == [
        "-t1", "-c8", "-m8", "-D", "1", "http://x/",
    ]  # fmt: skip


def test_medians_and_targets_are_told() -> None:
    """Ratios with their intervals, and whether they are within the bounds."""
    ours = [slice_of(110.0 + n, 9_000.0) for n in range(4)]
    theirs = [slice_of(100.0 + n, 10_000.0) for n in range(4)]
    said = list(streams.lines(found([*ours], [*theirs])))
    assert said[:2] == [
        f"{OURS} on nginx: 112 requests/s, 9.00 us of CPU per request",
        "h2load on nginx: 102 requests/s, 10.00 us of CPU per request",
    ]
    assert said[2].startswith(f"{OURS} / h2load on nginx, requests/s: 1.099 (1.09")
    assert said[3].startswith(f"{OURS} / h2load on nginx, CPU per request: 0.900 (0.900 to")
    assert said[4:] == [
        "at least 1.0 of h2load's requests a second over h2c on nginx: met",
        "at most 1.0 of h2load's CPU per request over h2c on nginx: met",
    ]


def test_a_fault_is_told_in_place_of_figures() -> None:
    """And nothing is compared."""
    said = list(streams.lines(found([Fault("it broke")], [slice_of(1.0, 1.0)])))
    assert said == [
        f"{OURS} on nginx: no figure, it broke (in 1 of 1 slices)",
        "h2load on nginx: 1 requests/s, 0.00 us of CPU per request",
    ]


async def test_a_missing_tool_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says how to get it; nothing was started."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HarnessError, match="nghttp2-client"):
        await streams.calibrate_streams(share_out(), tmp_path, slices=1, tell=print)
