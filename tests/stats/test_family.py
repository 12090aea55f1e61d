"""A family of comparisons makes false claims no more often than one comparison would."""

import numpy as np
import pytest

from bench.stats.family import compare_all, holm
from tests.stats.simulation import run


def test_holm_adjusts_as_in_the_worked_example() -> None:
    """P of 0.01, 0.04, 0.03, 0.005 become 0.03, 0.06, 0.06, 0.02 (R: p.adjust, "holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_out_what_could_not_be_tested() -> None:
    """A comparison without p stays without, and makes the others no harder to show."""
    assert holm([None, 0.02, None]) == [None, 0.02, None]


def test_holm_never_exceeds_one() -> None:
    """An adjusted p is still a probability."""
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_two_profiles_are_compared_as_a_pair_alone() -> None:
    """A family of one has nothing to be corrected for."""
    (pair,) = compare_all(run(np.random.default_rng(1), (0.1, 0)))
    assert pair.p_adjusted == pair.comparison.p
    assert pair.smallest == pair.comparison.half_width()


def test_a_difference_is_shown_when_it_exceeds_the_smallest_that_could_be() -> None:
    """The smallest difference is where shown begins, in either direction."""
    rng = np.random.default_rng(2)
    for pair in compare_all(run(rng, (0, 0.02, 0.04, 0.06, 0.3), rounds=3)):
        assert pair.smallest is not None
        difference = abs(np.log(pair.comparison.ratio.value))
        assert pair.shown == (difference > np.log1p(pair.smallest))


def test_a_pair_can_be_told_from_either_side() -> None:
    """Turned around, subject and reference change places, and the ratio is inverted."""
    (pair,) = compare_all(run(np.random.default_rng(1), (0.1, 0)))
    turned = pair.seen_from("p1")
    assert (turned.subject, turned.reference) == ("p1", "p0")
    assert turned.comparison.ratio.value == pytest.approx(1 / pair.comparison.ratio.value)
    assert turned.shown == pair.shown


def test_profiles_that_never_met_are_not_compared() -> None:
    """A profile without common rotations is in no pair."""
    series = {"a": {(1, 1): 1.0}, "b": {(1, 1): 2.0}, "c": {(2, 1): 3.0}}
    assert [(p.subject, p.reference) for p in compare_all(series)] == [("a", "b")]


@pytest.mark.parametrize(
    ("rounds", "noisier"),
    [
        (3, [5.0]),
        *(
            pytest.param(*each, marks=pytest.mark.long)
            for each in [(3, [1.0]), (5, [1.0]), (5, [3.0]), (5, [3.0, 3.0, 3.0])]
        ),
        (5, [1.4, 2.0, 4.0, 8.0]),
    ],
)
def test_seven_equal_servers_are_told_apart_in_few_runs(rounds: int, noisier: list[float]) -> None:
    """Of 150 runs of seven equal servers, at most about 5 % show any difference at all.

    noisier: how many times as much the processes of some of them differ as those of the others.
    """
    rng = np.random.default_rng(10)
    wrong = sum(
        any(pair.shown for pair in compare_all(run(rng, [0.0] * 7, rounds=rounds, noisier=noisier)))
        for _ in range(150)
    )
    assert wrong / 150 <= 0.085  # 5 %, and two standard errors of 150 runs


def test_a_noisy_server_makes_comparisons_of_the_others_no_less_exact() -> None:
    """Ten times as noisy as six others: their smallest differences stay where they were."""

    def smallest(noisier: float) -> float:
        rng = np.random.default_rng(12)
        runs = [compare_all(run(rng, [0.0] * 7, noisier=[noisier])) for _ in range(40)]
        return float(
            np.median(
                [
                    p.smallest
                    for pairs in runs
                    for p in pairs
                    if "p6" not in (p.subject, p.reference)
                ]
            )
        )

    assert smallest(10.0) == pytest.approx(smallest(1.0), rel=0.15)


@pytest.mark.parametrize(("rounds", "power"), [(3, 0.75), (5, 0.95)])
def test_a_planted_difference_is_found_among_seven(rounds: int, power: float) -> None:
    """10 % between two of seven servers is shown in most of 60 runs, after the correction."""
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(60):
        pairs = compare_all(run(rng, [0, 0.1, 0.3, 0.3, 0.6, 1.0, 2.0], rounds=rounds))
        found += pairs[0].shown
    assert found / 60 >= power
