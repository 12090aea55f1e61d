"""One figure a start: what a request usually executes, with timers and rare work left out."""

import pytest

from bench.analysis.instructions.figures import counted_figures
from bench.facts.instructions import InstructionCount
from tests.build.counted import count_of
from tests.build.counts import count

FULL = 320_000
"""Of a collection, for each request of the block that it falls into."""


def starts(name: str, *fives: tuple[int, ...]) -> list[InstructionCount]:
    """Starts of these blocks, each with some work by the clock."""
    return [count(name, number, *blocks, idle=500) for number, blocks in enumerate(fives, 1)]


def usual(more: int = 0) -> list[InstructionCount]:
    """Three starts of five blocks; in the second, one block has this more."""
    five = (1_000_000,) * 5
    return starts("daphne", five, (*five[:4], 1_000_000 + more), five)


def test_rare_work_is_left_out_and_told() -> None:
    """The figures are those without it; how much it was, and where, is known."""
    (found,) = counted_figures(usual(FULL))
    assert found.starts == {(1, 1): 1e6, (2, 1): 1e6, (3, 1): 1e6}
    assert found.rare is not None
    assert (found.rare.blocks, found.rare.of) == (1, 15)
    assert found.rare.each == pytest.approx(100 * FULL)
    assert found.rare.share == pytest.approx(FULL / (15e6 + FULL))


def test_nothing_rare() -> None:
    """Then nothing is said of it."""
    (found,) = counted_figures(usual())
    assert found.rare is None


def test_what_is_rare_with_one_and_not_with_the_other_is_left_in_both() -> None:
    """Left out of base alone, it would be a difference."""
    often = (1_000_000, 1_320_000, 1_000_000, 1_320_000, 1_000_000)
    base, head = counted_figures(usual(FULL), starts("head", often, often, often))
    assert base.rare is None
    assert head.rare is None
    assert base.starts[2, 1] == pytest.approx(1_064_000)
    assert head.starts[1, 1] == pytest.approx(1_128_000)


def test_timers_that_one_side_does_not_tell_are_left_in_both() -> None:
    """As above."""
    base, head = counted_figures(
        [count_of("base", 1, 1_000.0, idle=500)], [count_of("head", 1, 1_000.0, idle=None)]
    )
    assert base.starts[1, 1] == pytest.approx(1_005)
    assert head.starts[1, 1] == pytest.approx(1_000)
