"""Blocks that something rare fell into stand out, and what comes often does not."""

import pytest

from bench.stats.rare import rare_blocks

STARTS = 6
USUAL = (1_000.0, 1_017.0, 1_015.0, 999.0, 1_016.0)
"""With a small collection in three blocks of five, as daphne has them."""


def blocks(more: dict[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """Six starts of five blocks, in some of which something took a multiple."""
    return {
        (start, number): value * more.get((start, number), 1.0)
        for start in range(1, STARTS + 1)
        for number, value in enumerate(USUAL, 1)
    }


def test_a_full_collection_in_three_of_thirty_blocks() -> None:
    """A third more in one block of some starts."""
    more = {(1, 5): 1.3, (2, 5): 1.31, (4, 3): 1.29}
    assert rare_blocks(blocks(more)) == more.keys()


@pytest.mark.parametrize("factor", [1.0, 1.03, 0.5])
def test_what_is_no_more_than_usual(factor: float) -> None:
    """Nothing; a small difference; less than usual."""
    assert rare_blocks(blocks({(1, 5): factor})) == frozenset()


def test_what_comes_often_is_not_rare() -> None:
    """In eight of thirty blocks: it comes in each start."""
    often = {(start, number): 1.3 for start in range(1, 5) for number in (2, 4)}
    assert rare_blocks(blocks(often)) is None


def test_a_start_that_differs_as_a_whole() -> None:
    """That is no work that comes rarely, and no block would be left of it."""
    assert rare_blocks(blocks({(1, number): 1.3 for number in range(1, 6)})) is None


def test_no_blocks() -> None:
    """Nothing stands out of nothing."""
    assert rare_blocks({}) == frozenset()
