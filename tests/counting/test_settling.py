"""A server is warm when two blocks of requests take as much."""

import pytest

from bench.counting.settling import has_settled


@pytest.mark.parametrize(
    ("blocks", "settled"),
    [
        ([], False),
        ([100], False),
        ([150, 100], False),
        ([150, 100, 100], True),
        ([1000, 991], True),
        ([1000, 989], False),
        ([989, 1000], False),
        ([0, 0], False),
    ],
)
def test_settled(blocks: list[int], *, settled: bool) -> None:
    """The last two count, in whichever order; nothing executed is no block."""
    assert settled is has_settled(blocks, 0.01)
