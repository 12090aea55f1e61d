"""Gates by instructions that are cut out of one run: which starts they have, and what they say."""

import pytest

from bench.facts.instructions import InstructionCount
from bench.proof.estimators.counted_trials import CountedTrial, all_together, cut, sides_with
from bench.proof.estimators.gate_trials import side_with
from tests.build.counted import count_of, counted

BARE = 500_000.0
STARTS = 24


def near(number: int) -> float:
    """How start of this number differs, as a share: by some hundredths of a per cent."""
    return 1 + 0.0002 * (number % 3 - 1)


def starts(side: str, more: float = 0.0, number: int = STARTS) -> list[InstructionCount]:
    """Starts of a side that take so much more, as a share."""
    return [
        count_of(side, start, BARE * (1 + more) * near(start)) for start in range(1, number + 1)
    ]


def trials(*counts: InstructionCount, each: int = 6, number: int = 20) -> list[CountedTrial]:
    """Gates of these starts."""
    return cut(counted(*counts), each, number)


def test_as_many_gates_of_either_kind() -> None:
    """Of four groups of starts: four with what is planted, and two of neighbours on each side."""
    found = trials(*starts("base"), *starts("head", 0.005))
    assert [one.should_fail for one in found] == [False] * 4 + [True] * 4
    assert {one.change.starts for one in found} == {(6, 6)}


def test_what_is_planted_fails_and_nothing_else() -> None:
    """Half a per cent lies above what is tolerated."""
    found = trials(*starts("base"), *starts("head", 0.005))
    assert [one.failed for one in found] == [False] * 4 + [True] * 4
    for one in found:
        assert one.change.ratio.value == pytest.approx(1 + 0.005 * one.should_fail, rel=3e-4)


def test_no_start_is_in_two_gates_of_a_kind() -> None:
    """Each start has a figure of its own here, so that the sides tell which starts they have."""
    counts = [
        count_of(side, start, BARE + 1_000 * start + 40_000 * (side == "head"))
        for side in ("base", "head")
        for start in range(1, 9)
    ]
    found = trials(*counts, each=2)
    same = {side.value for one in found[:4] for side in (one.change.base, one.change.head)}
    planted = {side.value for one in found[4:] for side in (one.change.base, one.change.head)}
    assert len(same) == len(planted) == 8


def test_the_last_starts_may_be_too_few_for_a_gate() -> None:
    """A side of which a start is missing has one group less, and what has no neighbour is left."""
    found = trials(*starts("base", number=18), *starts("head", 0.005, number=17))
    assert [one.should_fail for one in found] == [False] * 2 + [True] * 2


def test_no_more_gates_than_were_asked_for() -> None:
    """Of either kind."""
    found = trials(*starts("base"), *starts("head", 0.005), number=2)
    assert [one.should_fail for one in found] == [False] * 2 + [True] * 2


def test_all_starts_together() -> None:
    """They say best what is planted."""
    (change,) = all_together(counted(*starts("base"), *starts("head", 0.005))).changes
    assert change.starts == (STARTS, STARTS)
    assert change.ratio.value == pytest.approx(1.005)


def test_sides() -> None:
    """Both have the loop, as everything of the app is to be the same: base goes through none."""
    assert sides_with(17) == (side_with(0), side_with(17))
    assert side_with(17).endswith("WEIGHBRIDGE_LOOPS=17")
