"""Profiles that cannot be told apart share a letter, and only those."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bench.stats.compare import Comparison
from bench.stats.estimate import Replicates
from bench.stats.family import Pair
from bench.stats.groups import groups, letters

NAMES = ("a", "b", "c", "d", "e")


def pairs(*shown: tuple[str, str]) -> list[Pair]:
    """Pairs that are shown to differ."""
    half = Comparison(-0.7, Replicates.ROUNDS, units=5, pairs=8, spread=0.02, df=4)
    return [Pair(one, other, half, 0.001, shown=True, confidence=0.95) for one, other in shown]


def test_all_are_one_group_where_nothing_is_shown() -> None:
    """One letter for everybody."""
    assert groups("abc", []) == (("a", "b", "c"),)
    assert letters(groups("abc", [])) == {"a": "a", "b": "a", "c": "a"}


def test_a_server_may_be_in_two_groups() -> None:
    """A = b and b = c, but a differs from c."""
    found = groups("abc", pairs(("a", "c")))
    assert found == (("a", "b"), ("b", "c"))
    assert letters(found) == {"a": "a", "b": "ab", "c": "b"}


def test_all_that_differ_are_alone() -> None:
    """Three letters for three servers."""
    assert groups("abc", pairs(*combinations("abc", 2))) == (("a",), ("b",), ("c",))


def test_nobody_is_no_group() -> None:
    """Where no server has figures there is no letter."""
    assert groups([], []) == ()
    assert letters(()) == {}


def test_there_are_letters_for_more_groups_than_the_alphabet_has() -> None:
    """The 27th is a2."""
    assert letters([[str(n)] for n in range(27)])["26"] == "a2"


@given(st.sets(st.sampled_from(list(combinations(NAMES, 2)))))
def test_two_share_a_letter_exactly_where_no_difference_is_shown(
    shown: set[tuple[str, str]],
) -> None:
    """Whatever is shown; and no group is within another."""
    found = groups(NAMES, pairs(*shown))
    signs = letters(found)
    for one, other in combinations(NAMES, 2):
        assert bool(set(signs[one]) & set(signs[other])) is ((one, other) not in shown)
    assert not any(set(one) < set(other) for one in found for other in found)
