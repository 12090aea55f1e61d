"""Nobody is placed behind another without a difference that was shown."""

from collections.abc import Iterable

from bench.stats.compare import Comparison
from bench.stats.estimate import Replicates
from bench.stats.family import Pair
from bench.stats.ranks import Rank, arranged, ranks


def pairs(*shown: tuple[str, str]) -> list[Pair]:
    """Pairs in which the first takes half the time of the second, and that is shown."""
    half = Comparison(-0.7, Replicates.ROUNDS, units=5, pairs=8, spread=0.02, df=4)
    return [Pair(quick, slow, half, 0.001, shown=True, confidence=0.95) for quick, slow in shown]


def places(names: Iterable[str], *shown: tuple[str, str]) -> dict[str, tuple[int, bool]]:
    """Places and ties where less is better."""
    found = ranks(names, pairs(*shown), lower_is_better=True)
    return {name: (rank.place, rank.tied) for name, rank in found.items()}


def test_all_share_the_first_place_where_nothing_is_shown() -> None:
    """Without a difference there is no order."""
    assert places("abc") == {"a": (1, True), "b": (1, True), "c": (1, True)}


def test_a_place_is_one_more_than_the_number_of_the_better() -> None:
    """Two that are tied at the top leave the third the third place."""
    assert places("abc", ("a", "c"), ("b", "c")) == {
        "a": (1, True),
        "b": (1, True),
        "c": (3, False),
    }


def test_being_tied_does_not_carry_over() -> None:
    """A = b and b = c, but a is better than c: c is behind a alone."""
    assert places("abc", ("a", "c")) == {"a": (1, True), "b": (1, True), "c": (2, False)}


def test_better_than_a_better_one_is_better() -> None:
    """A beats b and b beats c: c is third, though a and c were not told apart directly."""
    assert places("abc", ("a", "b"), ("b", "c")) == {
        "a": (1, False),
        "b": (2, False),
        "c": (3, False),
    }


def test_who_has_no_place_changes_none() -> None:
    """B and d were compared, but have no figure to be ranked by: a and c share the first place."""
    assert places("ac", ("b", "a"), ("c", "d"), ("b", "d")) == {"a": (1, True), "c": (1, True)}


def test_more_can_be_better() -> None:
    """Of throughputs, the lower one is behind."""
    found = ranks("ab", pairs(("a", "b")), lower_is_better=False)
    assert found == {"a": Rank(2, tied=False), "b": Rank(1, tied=False)}


def test_the_order_of_figures_is_kept_where_nothing_contradicts_it() -> None:
    """Names stay in the order of their figures when no difference is shown."""
    assert arranged(["c", "a", "b"], [], lower_is_better=True) == ["c", "a", "b"]


def test_nobody_stands_before_one_that_is_shown_to_be_better() -> None:
    """A pooled figure that a burst has spoiled does not put its server behind a worse one."""
    assert arranged(["b", "c", "a"], pairs(("a", "b")), lower_is_better=True) == ["c", "a", "b"]


def test_a_circle_of_differences_still_has_an_order() -> None:
    """Contradictory comparisons, which chance can make, end in some order of all names."""
    circle = pairs(("a", "b"), ("b", "c"), ("c", "a"))
    assert sorted(arranged(["a", "b", "c"], circle, lower_is_better=True)) == ["a", "b", "c"]
