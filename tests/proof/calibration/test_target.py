"""Where a measured ratio stands of what must be reached."""

import pytest

from bench.proof.calibration.target import (
    AGREEMENT,
    COST,
    SERVER_COST,
    CalibrationTarget,
    TargetStanding,
)
from bench.stats.compare import Comparison, compare


def found(*ratios: float) -> Comparison:
    """A comparison of slices with these ratios."""
    one = {(number, 1): ratio for number, ratio in enumerate(ratios)}
    comparison = compare(one, dict.fromkeys(one, 1.0))
    assert comparison is not None
    return comparison


@pytest.mark.parametrize(
    ("target", "ratios", "expected"),
    [
        (COST, (0.93, 0.94, 0.95), TargetStanding.MET),
        (COST, (0.92, 0.94, 0.96), TargetStanding.MET),
        (COST, (0.80, 0.94, 1.08), TargetStanding.NOT_DECIDED),
        (COST, (0.96, 0.96, 0.94), TargetStanding.NOT_DECIDED),
        (COST, (0.97, 0.97, 0.98), TargetStanding.NOT_MET),
        (SERVER_COST, (1.04, 1.06, 1.05), TargetStanding.MET),
        (SERVER_COST, (1.00, 1.06, 1.12), TargetStanding.NOT_DECIDED),
        (SERVER_COST, (1.19, 1.20, 1.21), TargetStanding.NOT_MET),
        (AGREEMENT, (0.99, 0.99, 0.985), TargetStanding.MET),
        (AGREEMENT, (0.90, 1.00, 1.10), TargetStanding.NOT_DECIDED),
        (AGREEMENT, (0.90, 0.91, 0.90), TargetStanding.NOT_MET),
    ],
)
def test_standing(
    target: CalibrationTarget, ratios: tuple[float, ...], expected: TargetStanding
) -> None:
    """CPU on the null server: the ratio within its bound, the interval as far as 1.0."""
    assert target.standing(found(*ratios)) is expected


def test_without_an_interval_nothing_is_decided() -> None:
    """One slice says nothing of how far the next one will be from it."""
    assert COST.standing(found(0.5)) is TargetStanding.NOT_DECIDED
