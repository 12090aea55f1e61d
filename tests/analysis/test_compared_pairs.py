"""Each pair of servers is compared by what the two have in common, or not tested."""

import numpy as np
import pytest

from bench.analysis.compared_pairs import compared_pairs
from bench.stats.compare import Fine, Parts
from bench.stats.estimate import Replicates

ROUNDS = 5


def figures(level: float, rounds: int, *rotations: int, seed: int = 0) -> Fine:
    """A figure about this level in these rotations of so many rounds, some per cent apart."""
    rng = np.random.default_rng([seed, round(level)])
    return {
        (round_, rotation): Parts(level * float(np.exp(rng.normal(0, 0.02))))
        for round_ in range(1, rounds + 1)
        for rotation in rotations
    }


def test_a_server_without_pieces_is_compared_by_exposures() -> None:
    """As one that is measured alone, since it never rests; the others are compared by pieces."""
    pieces = {"a": figures(100, ROUNDS, 2, 3), "b": {}, "c": figures(101, ROUNDS, 2, 3)}
    exposures = {name: figures(level, ROUNDS, 1) for name, level in
                 (("a", 100), ("b", 200), ("c", 101))}  # fmt: skip
    found = compared_pairs(pieces, exposures)
    assert found.by_exposures == {("a", "b"), ("b", "c")}
    assert found.comparisons["a", "b"].ratio.value == pytest.approx(0.5, rel=0.1)
    assert found.comparisons["a", "b"].p is not None
    assert found.comparisons["a", "c"].pairs == 2 * ROUNDS


def test_a_server_that_came_late_is_compared_by_what_there_is_more_of() -> None:
    """Pieces of two rounds tell less than exposures of five."""
    pieces = {"a": figures(100, ROUNDS, 2, 3), "b": figures(200, 2, 2, 3)}
    exposures = {"a": figures(100, ROUNDS, 1), "b": figures(200, ROUNDS, 1)}
    found = compared_pairs(pieces, exposures)
    assert found.by_exposures == {("a", "b")}
    assert found.comparisons["a", "b"].replicates is Replicates.ROUNDS


def test_two_rounds_of_five_test_nothing() -> None:
    """Slices of the same processes would be taken for processes: equal servers would differ."""
    exposures = {"a": figures(100, ROUNDS, 1, 2), "b": figures(200, 2, 1, 2)}
    (one,) = compared_pairs({}, exposures).comparisons.values()
    assert one.p is None
    assert one.ratio.value == pytest.approx(0.5, rel=0.1)


def test_two_rounds_of_two_are_tested_by_their_slices() -> None:
    """That is all there is, and the report says of what its intervals are made."""
    exposures = {"a": figures(100, 2, 1, 2), "b": figures(200, 2, 1, 2)}
    (one,) = compared_pairs({}, exposures).comparisons.values()
    assert one.replicates is Replicates.SLICES
    assert one.p is not None
