"""What follows from the slices: medians, comparisons, faults, and the targets."""

import pytest

from bench.proof.calibration.client import Fault
from bench.proof.calibration.results import Calibration, CalibrationFigure
from bench.proof.calibration.target import CalibrationTarget, TargetStanding
from bench.stats.compare import Comparison
from bench.stats.estimate import Replicates
from tests.build.calibration import client_slice


@pytest.fixture
def found() -> Calibration:
    """Make a calibration of two clients on one place, three slices each."""
    made = Calibration({"here": ("ours", "theirs")})
    for ours, theirs in [(110, 100), (220, 200), (330, 300)]:
        made.add("here", "ours", client_slice(ours, cpu_ns=10_000, closed=2))
        made.add("here", "theirs", client_slice(theirs))
    return made


def test_figures_of_a_place(found: Calibration) -> None:
    """Medians of the slices; what a client does not say is absent."""
    assert found.median("here", "ours", CalibrationFigure.THROUGHPUT) == 220
    assert found.median("here", "ours", CalibrationFigure.P99_NS) is None
    assert found.median("here", "theirs", CalibrationFigure.CPU_NS) is None
    assert found.median("elsewhere", "ours", CalibrationFigure.THROUGHPUT) is None
    assert found.closed("here", "ours") == 2
    assert found.closed("elsewhere", "ours") == 0


def test_clients_are_compared_in_pairs(found: Calibration) -> None:
    """Slice by slice, so that what both of them suffered does not count."""
    comparison = found.compare("here", "ours", "theirs", CalibrationFigure.THROUGHPUT)
    assert comparison is not None
    assert comparison.ratio.value == pytest.approx(1.1)
    assert comparison.half_width() == pytest.approx(0, abs=1e-6)
    assert found.compare("here", "ours", "theirs", CalibrationFigure.CPU_NS) is None


def test_a_fault_stands_in_place_of_all_figures(found: Calibration) -> None:
    """Of that client on that place, and of its comparisons; the others keep theirs."""
    found.add("here", "ours", client_slice(440))
    found.add("here", "theirs", Fault("it was refused"))
    assert found.fault("here", "theirs") == "it was refused (in 1 of 4 slices)"
    assert found.fault("here", "ours") is None
    assert found.values("here", "theirs", CalibrationFigure.THROUGHPUT) == []
    assert found.values("here", "ours", CalibrationFigure.THROUGHPUT) == [110, 220, 330, 440]
    assert found.compare("here", "ours", "theirs", CalibrationFigure.THROUGHPUT) is None


def test_how_long_a_client_was_kept_from_its_core() -> None:
    """The median over all slices that know it, on whatever place."""
    found = Calibration({"here": ("ours",), "there": ("ours",)})
    assert found.starved("ours") is None
    for place, share in [("here", 0.0), ("here", None), ("there", 0.1), ("there", 0.5)]:
        found.add(place, "ours", client_slice(100, starved=share))
    found.add("there", "theirs", client_slice(100, starved=1.0))
    assert found.starved("ours") == 0.1


@pytest.mark.parametrize(
    ("least", "center", "error", "expected"),
    [
        (True, 0.1, 0.01, TargetStanding.MET),
        (True, -0.1, 0.01, TargetStanding.NOT_MET),
        (True, 0.01, 0.1, TargetStanding.NOT_DECIDED),
        (False, -0.1, 0.01, TargetStanding.MET),
        (False, 0.1, 0.01, TargetStanding.NOT_MET),
        (False, -0.01, 0.1, TargetStanding.NOT_DECIDED),
    ],
)
def test_a_target_is_decided_by_the_interval(
    *, least: bool, center: float, error: float, expected: TargetStanding
) -> None:
    """All of it on one side of the bound, or it is not decided."""
    target = CalibrationTarget("a bound of one", CalibrationFigure.THROUGHPUT, 1.0, least=least)
    spread = error * 10**0.5
    found = Comparison(center, Replicates.SLICES, units=10, pairs=10, spread=spread, df=9)
    assert target.standing(found) is expected


def test_without_an_interval_nothing_is_decided() -> None:
    """One slice proves nothing."""
    found = Calibration({"here": ("ours", "theirs")})
    found.add("here", "ours", client_slice(200))
    found.add("here", "theirs", client_slice(100))
    comparison = found.compare("here", "ours", "theirs", CalibrationFigure.THROUGHPUT)
    assert comparison is not None
    target = CalibrationTarget("a bound of one", CalibrationFigure.THROUGHPUT, 1.0, least=True)
    assert target.standing(comparison) is TargetStanding.NOT_DECIDED
