"""Candidates are scored where it is known what differs."""

from dataclasses import replace

import pytest

from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.slice import Role
from bench.proof.estimators.analysis import Key, Score, enough, known, scores
from bench.proof.estimators.contest import COPIES, PLANTED
from bench.proof.estimators.simulation import simulated
from bench.proof.estimators.tables import columns
from bench.stats.estimators import CANDIDATES, CHOSEN
from tests.build.runs import small
from tests.build.variants import with_settings

RUNS = 30
USED = next(name for name, estimator in CANDIDATES.items() if estimator is CHOSEN)


@pytest.fixture(scope="module")
def found() -> dict[Key, Score]:
    """Scores of all candidates in some simulated runs."""
    return scores(simulated(RUNS))


def test_every_candidate_is_scored_by_the_same_comparisons() -> None:
    """Every two copies of every run, and every copy against each that is slower."""
    runs = 2
    found = scores(simulated(runs))
    assert {key.candidate for key in found} == set(CANDIDATES)
    for score in found.values():
        assert score.comparisons == runs * COPIES * (COPIES - 1) // 2
        assert score.families == runs
        assert {share: plant.of for share, plant in score.planted.items()} == dict.fromkeys(
            PLANTED, runs * COPIES
        )


@pytest.mark.long
def test_no_candidate_tells_a_server_from_itself_more_often_than_it_should(
    found: dict[Key, Score],
) -> None:
    """5 % of single comparisons, and two standard errors of so many runs."""
    for score in found.values():
        assert score.false_share <= 0.08
        assert score.false_families / score.families <= 0.15


@pytest.mark.long
def test_the_one_that_is_used_is_as_exact_as_any(found: dict[Key, Score]) -> None:
    """With bursts, that is: no candidate shows differences smaller by more than a tenth."""
    by_name = {key.candidate: score for key, score in found.items()}
    best = min(score.smallest_mean for score in by_name.values())
    assert by_name[USED].smallest_mean <= 1.1 * best
    assert by_name["ratio of means"].smallest_mean > 1.2 * by_name[USED].smallest_mean


@pytest.mark.long
def test_differences_are_found_as_often_as_runs_promise(found: dict[Key, Score]) -> None:
    """By the one that is used, at every planted size."""
    for share, plant in found[Key(Mode.CLOSED, CPU, USED)].planted.items():
        promised = sum(plant.promised) / len(plant.promised)
        assert plant.shown / plant.of == pytest.approx(promised, abs=0.12), share


def test_the_table_says_which_is_used() -> None:
    """A line a candidate, with what was found and what was promised."""
    found = scores(simulated(2))
    by_title = {column.title: [str(cell) for cell in column.cells] for column in columns(found)}
    assert f"{USED} (used)" in by_title["estimator"]
    assert all(" (" in cell for cell in by_title["10% found (promised)"])


def run_of_copies() -> Facts:
    """Two copies and one that is slower, without noise."""
    facts = small("uvicorn", "uvicorn#2", "slower", step=1.0)
    return with_settings(facts, planted={"slower": 0.1})


def test_a_run_is_judged_by_what_gates_and_ranks() -> None:
    """Medians and CPU at the common rate, throughput and CPU at saturation."""
    judged = list(known(run_of_copies()))
    assert [(one.mode, one.figure) for one in judged] == [
        (Mode.CLOSED, THROUGHPUT),
        (Mode.CLOSED, CPU),
        (Mode.OPEN, MEDIAN),
        (Mode.OPEN, CPU),
    ]
    assert all(one.planted == {"slower": 0.1} for one in judged)
    score = scores(judged)[Key(Mode.CLOSED, THROUGHPUT, USED)]
    assert (score.comparisons, score.told_apart, score.planted[0.1].of) == (1, 0, 2)
    assert enough(judged)
    assert not enough([])


def test_runs_are_judged_by_what_compares() -> None:
    """Exposures stand aside where there are pieces that were taken in turns."""
    facts = run_of_copies()
    exposures = tuple(replace(one, rotation=1, answered_in_window=1) for one in facts.slices)
    pieces = tuple(replace(one, rotation=2, role=Role.COMPARISON) for one in facts.slices)
    both = replace(facts, slices=(*exposures, *pieces))
    alone = replace(facts, slices=pieces)
    assert scores(known(both)) == scores(known(alone))
    assert enough(list(known(both)))


def test_a_run_of_one_rotation_is_not_enough() -> None:
    """Nothing was measured more than once: there is no interval that could be judged."""
    facts = run_of_copies()
    once = tuple(one for one in facts.slices if one.round == 1)
    assert not enough(list(known(replace(facts, slices=once))))
