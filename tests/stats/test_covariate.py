"""Two sides compared with a covariate taken into account: as exact as is promised."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.stats.covariate import Observed, compare_adjusted
from bench.stats.unpaired import Unpaired

RUNS = 2_000
FIVE_PER_CENT = 0.05


def side(
    rng: np.random.Generator, size: int, more: float = 0.0, slope: float = 0.01, at: float = 2.0
) -> Observed:
    """Starts of a side, whose figures grow with the covariate and differ by 0.2 % besides."""
    covariates = rng.uniform(0.5 * at, 1.5 * at, size)
    logs = 14 + more + slope * covariates + rng.normal(0, 0.002, size)
    return [(float(np.exp(y)), float(x)) for x, y in zip(covariates, logs, strict=True)]


def compared(subject: Observed, reference: Observed) -> Unpaired:
    """A comparison that there is."""
    found = compare_adjusted(subject, reference)
    assert found is not None
    return found


def least_squares(subject: Observed, reference: Observed) -> tuple[float, float]:
    """The same by a design matrix: the difference of the sides, and its standard error."""
    both = [*subject, *reference]
    design: NDArray[np.float64] = np.array(
        [[1.0, float(number < len(subject)), x] for number, (_, x) in enumerate(both)]
    )
    logs = np.log([y for y, _ in both])
    found, squares, *_ = np.linalg.lstsq(design, logs)
    variance = squares[0] / (len(both) - 3)
    return float(found[1]), float(np.sqrt(variance * np.linalg.inv(design.T @ design)[1, 1]))


@pytest.mark.parametrize(("ours", "theirs"), [(6, 6), (3, 3), (9, 4)])
def test_it_is_least_squares(ours: int, theirs: int) -> None:
    """One intercept a side and one slope, also where the sides' covariates lie apart."""
    rng = np.random.default_rng(1)
    subject, reference = side(rng, ours, more=0.01, at=3.0), side(rng, theirs)
    found = compared(subject, reference)
    center, error = least_squares(subject, reference)
    assert np.log(found.ratio.value) == pytest.approx(center)
    assert found.error == pytest.approx(error)
    assert found.df == ours + theirs - 3


def test_equal_sides_differ_as_seldom_as_promised() -> None:
    """Also where one had twice the covariate of the other: the slope is taken into account."""
    rng = np.random.default_rng(2)
    false = sum(
        (compared(side(rng, 6, at=3.0), side(rng, 6, at=1.5)).p or 1.0) < FIVE_PER_CENT
        for _ in range(RUNS)
    )
    assert false / RUNS == pytest.approx(FIVE_PER_CENT, abs=0.02)


def test_a_covariate_that_follows_the_figure_hides_nothing() -> None:
    """As where a block takes longer for its instructions alone: no slope is as steep as that."""
    base = [(1_000.0 + n, (1_000.0 + n) / 50) for n in range(6)]
    head = [(1.02 * figure, 1.02 * covariate) for figure, covariate in base]
    unbounded, bounded = compared(head, base), compare_adjusted(head, base, most=0.000_1)
    assert unbounded.ratio.value == pytest.approx(1, abs=0.001)
    assert bounded is not None
    assert bounded.ratio.value == pytest.approx(1.02, abs=0.001)
    assert bounded.ratio.lo is not None
    assert bounded.ratio.lo > 1.01


def test_what_is_planted_is_found() -> None:
    """Half a per cent, beside covariates that make 1 % of difference."""
    rng = np.random.default_rng(3)
    ratios = [compared(side(rng, 6, more=0.005), side(rng, 6)).ratio for _ in range(200)]
    assert np.mean([one.value for one in ratios]) == pytest.approx(np.exp(0.005), abs=0.0003)
    assert np.mean([one.lo is not None and one.lo > 1 for one in ratios]) > 0.9


def test_too_few_starts() -> None:
    """Two a side leave one degree of freedom."""
    rng = np.random.default_rng(4)
    assert compare_adjusted(side(rng, 2), side(rng, 2)) is None
    assert compare_adjusted(side(rng, 6), []) is None


def test_covariates_that_do_not_vary() -> None:
    """There is no slope to be seen, and none is needed."""
    alike = [(1_000.0, 2.0), (1_001.0, 2.0), (999.0, 2.0)]
    assert compare_adjusted(alike, alike) is None
