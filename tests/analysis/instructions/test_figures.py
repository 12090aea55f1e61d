"""One figure a start: the mean of its blocks, with timers left out where they are known."""

import pytest

from bench.analysis.instructions.figures import counted_figures
from tests.build.counted import count_of
from tests.build.counts import count


def test_a_start_is_the_mean_of_its_blocks() -> None:
    """Whatever falls into one of them is in it, as in a request on the average."""
    blocks = (1_000, 1_000, 1_500, 1_000, 1_000)
    (found,) = counted_figures([count("daphne", number, *blocks, idle=500) for number in (1, 2)])
    assert found == {(1, 1): 1_100, (2, 1): 1_100}


def test_timers_that_one_side_does_not_tell_are_left_in_both() -> None:
    """Taken off base alone, they would be a difference."""
    base, head = counted_figures(
        [count_of("base", 1, 1_000.0, idle=500)], [count_of("head", 1, 1_000.0, idle=None)]
    )
    assert base[1, 1] == pytest.approx(1_005)
    assert head[1, 1] == pytest.approx(1_000)
