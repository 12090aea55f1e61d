"""Claims of the whole self-test: that nothing failed, and that both sides count the same."""

import pytest

from bench.facts.selftest import Finding
from bench.proof.selftest.claims import Shown, claim, never_failed, noted, same_count


def test_a_claim_holds_or_fails() -> None:
    """Or is noted."""
    found = [
        claim("group", "claim", "1", "1", holds=True),
        claim("group", "claim", "1", "2", holds=False),
        noted("group", "claim", "3"),
    ]
    assert [each.finding for each in found] == [Finding.HOLDS, Finding.FAILS, Finding.NOTED]


@pytest.mark.parametrize(("failures", "finding"), [(0, Finding.HOLDS), (1, Finding.FAILS)])
def test_one_failure_is_one_too_many(failures: int, finding: Finding) -> None:
    """Of all slices on servers that never fail."""
    shown = [Shown(requests=10), Shown(requests=5, failures=failures), Shown()]
    assert never_failed(shown).finding is finding
    assert never_failed([Shown()]).finding is Finding.FAILS


@pytest.mark.parametrize(
    ("booked", "finding"),
    [((10, 5), Finding.HOLDS), ((10, 4), Finding.FAILS), ((11, 4), Finding.FAILS)],
)
def test_both_sides_count_the_same(booked: tuple[int, int], finding: Finding) -> None:
    """In each load, not only in all together; servers without books are left out."""
    loads = [Shown(requests=10, booked=booked[0]), Shown(requests=5, booked=booked[1])]
    assert same_count([*loads, Shown(requests=99)]).finding is finding
    assert same_count([Shown(requests=99)]).finding is Finding.FAILS
