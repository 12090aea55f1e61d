"""How a round's time is shared between exposures and pieces."""

import pytest

from bench.facts.slice import Role
from bench.plan import schedule
from bench.plan.time_shares import Shares


def test_exposures_come_first_and_keep_their_share() -> None:
    """Whichever has had less than its share is next."""
    shares = Shares()
    roles = []
    for _ in range(12):
        role = shares.next_role(pieces=True)
        assert role is not None
        roles.append(role)
        shares.add(role, 10.0 if role is Role.EXPOSURE else 2.0)
    assert roles[:2] == [Role.EXPOSURE, Role.COMPARISON]
    exposed_s, compared_s = (shares.spent_s[role] for role in (Role.EXPOSURE, Role.COMPARISON))
    assert exposed_s / (exposed_s + compared_s) == pytest.approx(schedule.EXPOSED_SHARE, abs=0.15)
    assert shares.rotations == 12
    assert shares.longest_s == {Role.EXPOSURE: 10.0, Role.COMPARISON: 2.0}


@pytest.mark.parametrize(
    ("compared_s", "left_s", "expected"),
    [
        (0.0, 1.0, Role.COMPARISON),
        (0.0, 0.0, None),
        (5.0, 20.0, Role.COMPARISON),
        (5.0, 4.0, None),
        (20.0, 20.1, Role.EXPOSURE),
        (20.0, 20.0, None),
    ],
    ids=["not known yet", "over", "fits", "does not fit", "due", "no time for either"],
)
def test_a_rotation_is_one_that_fits(
    compared_s: float, left_s: float, expected: Role | None
) -> None:
    """By the longest of its kind."""
    shares = Shares()
    shares.add(Role.EXPOSURE, 20.0)
    if compared_s:
        shares.add(Role.COMPARISON, compared_s)
    assert shares.next_role(pieces=True, left_s=left_s) is expected


def test_where_exposures_do_not_fit_any_more_pieces_may() -> None:
    """No time is left idle that they could have."""
    shares = Shares()
    shares.add(Role.EXPOSURE, 20.0)
    for _ in range(6):
        shares.add(Role.COMPARISON, 3.0)
    assert shares.next_role(pieces=True) is Role.EXPOSURE
    assert shares.next_role(pieces=True, left_s=10.0) is Role.COMPARISON
    assert shares.next_role(pieces=False, left_s=10.0) is None
    assert shares.next_role(pieces=True, left_s=2.0) is None


def test_without_pieces_there_are_exposures_alone() -> None:
    """However long they took."""
    shares = Shares()
    for _ in range(3):
        assert shares.next_role(pieces=False) is Role.EXPOSURE
        shares.add(Role.EXPOSURE, 5.0)
