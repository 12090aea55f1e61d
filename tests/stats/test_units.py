"""Durations as people and programs write them."""

import pytest

from bench.stats.units import duration_ns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("337.15us", 337_150),
        ("1.5ms", 1_500_000),
        ("90s", 90e9),
        ("5m", 300e9),
        (" 1h ", 3600e9),
        ("", None),
        ("5", None),
        ("s", None),
        ("5 s", None),
        ("-1s", None),
        ("1.2.3s", None),
        ("5d", None),
    ],
)
def test_durations(text: str, expected: float | None) -> None:
    """A number and its unit, of microseconds to hours; anything else is none."""
    assert duration_ns(text) == (expected if expected is None else pytest.approx(expected))
