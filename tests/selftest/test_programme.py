"""What the self-test makes of its attempts: which are repeated, and which excused."""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from bench.domain import Claim, Finding
from bench.selftest.claims import Shown, claim, never_failed, noted
from bench.selftest.programme import (
    ATTEMPTS,
    Form,
    Patience,
    _grouped,
    _settled,
    programme,
)
from bench.selftest.stand import Stand

HOLDS = claim("group", "claim", "1", "1", holds=True)
FAILS = claim("group", "claim", "1", "2", holds=False)
QUIET_MISS = Shown(timing=(FAILS,))
DISTURBED_MISS = Shown(timing=(HOLDS, FAILS), evidence="10 ms stolen")
HIT = Shown(timing=(HOLDS,), evidence="10 ms stolen")
NOWHERE = cast("Stand", None)


FOREVER = Patience(2**63)


async def settled(*attempts: Shown, patience: Patience = FOREVER) -> tuple[Shown, int]:
    """What came of these attempts, and how many were made."""
    left: Iterator[Shown] = iter(attempts)
    made = 0

    async def attempt(_: Stand) -> Shown:
        nonlocal made
        made += 1
        return next(left)

    return await _settled(attempt, NOWHERE, patience), made


@pytest.mark.parametrize(
    "first",
    [
        HIT,
        QUIET_MISS,
        replace(DISTURBED_MISS, exact=(FAILS,)),
        replace(DISTURBED_MISS, failures=1),
        Shown(exact=(FAILS,), evidence="10 ms stolen"),
    ],
    ids=["holds", "undisturbed", "inexact", "failures", "exactness alone"],
)
async def test_what_holds_or_has_no_excuse_is_not_repeated(first: Shown) -> None:
    """It stands as it is."""
    assert await settled(first) == (first, 1)


async def test_a_disturbed_attempt_is_repeated() -> None:
    """The first that holds, or has no excuse, counts."""
    assert await settled(DISTURBED_MISS, HIT) == (HIT, 2)
    assert await settled(DISTURBED_MISS, QUIET_MISS) == (QUIET_MISS, 2)


async def test_after_the_last_attempt_what_fails_is_disturbed() -> None:
    """With the evidence; what holds still holds."""
    shown, made = await settled(*[DISTURBED_MISS] * ATTEMPTS)
    assert made == ATTEMPTS
    assert [each.finding for each in shown.timing] == [Finding.HOLDS, Finding.DISTURBED]
    assert shown.timing[1].measured == "2 (10 ms stolen)"


async def test_nothing_is_tried_again_when_the_user_has_waited_enough() -> None:
    """A run begins with the self-test: it is over in time, and says that it was disturbed."""
    shown, made = await settled(DISTURBED_MISS, HIT, patience=Patience(0))
    assert made == 1
    assert shown.timing[1].finding is Finding.DISTURBED


@pytest.mark.parametrize(("failures", "finding"), [(0, Finding.HOLDS), (1, Finding.FAILS)])
def test_one_failure_is_one_too_many(failures: int, finding: Finding) -> None:
    """Of all slices on servers that never fail."""
    shown = [Shown(requests=10), Shown(requests=5, failures=failures), Shown()]
    assert never_failed(shown).finding is finding
    assert never_failed([Shown()]).finding is Finding.FAILS


def test_claims_of_a_group_stand_together() -> None:
    """In the order in which groups, and claims, came."""
    first, second, third = (noted(group, text, "") for group, text in ("a1", "b2", "a3"))
    assert _grouped([first, second, third]) == (first, third, second)


def test_the_short_form_is_part_of_what_is_put_to_the_test() -> None:
    """And the full form is more."""
    assert 0 < len(programme(Form.SHORT)) < len(programme(Form.FULL))


def test_a_claim_holds_or_fails() -> None:
    """Or is noted."""
    found: list[Claim] = [HOLDS, FAILS, noted("group", "claim", "3")]
    assert [each.finding for each in found] == [Finding.HOLDS, Finding.FAILS, Finding.NOTED]
