"""How exactly each profile is known so far, and how many rounds a precision takes."""

from dataclasses import replace

import pytest

from bench.facts.slice import Role, Slice, Verdict
from bench.run.rounds.precision import MOST_ROUNDS, PrecisionSoFar
from tests.build.runs import SEVEN, realistic, small

NAMES = {kind.name for kind in SEVEN}


def so_far(slices: tuple[Slice, ...], twin: str | None = None) -> PrecisionSoFar:
    """The precision of these slices, against uvicorn."""
    made = PrecisionSoFar("uvicorn", twin)
    for one in slices:
        made.add(one)
    return made


def test_every_profile_but_the_baseline_has_a_precision() -> None:
    """After two rounds or more; before, there is none."""
    facts = realistic(rounds=3, rotations=3)
    assert so_far(facts.slices).precision().keys() == NAMES - {"uvicorn"}
    first = tuple(one for one in facts.slices if (one.round, one.rotation) == (1, 1))
    assert so_far(first).precision() == {}


def test_more_rounds_make_it_finer() -> None:
    """By chance not each, but together."""
    few, many = (
        so_far(realistic(rounds=rounds, rotations=3).slices).precision() for rounds in (3, 12)
    )
    assert sum(many.values()) < sum(few.values()) / 2


def test_a_finer_precision_takes_more_rounds() -> None:
    """Never fewer than those that were fixed, and as the square of it."""
    known = so_far(realistic(rounds=5, rotations=3).slices)
    assert set(known.rounds_needed(0.5, 5).values()) == {5}
    coarse, fine = (known.rounds_needed(share, 5) for share in (0.04, 0.02))
    for name, rounds in coarse.items():
        assert fine[name] == pytest.approx(4 * rounds, rel=0.1)
    assert set(known.rounds_needed(0.00001, 5).values()) == {MOST_ROUNDS}


def test_the_rounds_that_are_reckoned_are_enough() -> None:
    """With as many, and the spread of the fixed ones, nobody is known worse than was wanted."""
    facts = realistic(rounds=40, rotations=3)
    fixed = so_far(tuple(one for one in facts.slices if one.round <= 5))
    needed = fixed.rounds_needed(0.1, 5)
    assert 5 < max(needed.values()) < 40
    whole = so_far(tuple(s for s in facts.slices if s.round <= needed.get(s.cell.profile, 99)))
    assert max(whole.precision(stage=5).values()) <= 0.101


def test_what_does_not_count_is_left_out() -> None:
    """Warm-ups and invalid slices; the rotations of a round are counted all the same."""
    facts = small("uvicorn", "daphne", rounds=3)
    invalid = tuple(replace(one, verdict=Verdict.INVALID) for one in facts.slices)
    assert so_far(invalid).precision() == {}
    assert so_far(invalid).rotations == dict.fromkeys((1, 2, 3), 0)
    warm = tuple(replace(one, role=Role.WARM_UP) for one in facts.slices)
    assert so_far(warm).rotations == {}


def test_a_twin_is_no_member_of_the_family() -> None:
    """It steadies the others, and no round is added for it."""
    facts = realistic(rounds=3, rotations=3)
    known = so_far(facts.slices, twin="granian")
    assert "granian" not in known.precision()
    assert "granian" not in known.rounds_needed(0.001, 3)
