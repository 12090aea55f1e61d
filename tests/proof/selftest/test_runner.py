"""Which experiments there are, and how their claims are put together."""

from bench.proof.selftest.claims import noted
from bench.proof.selftest.runner import SelfTestForm, _grouped, programme


def test_claims_of_a_group_stand_together() -> None:
    """In the order in which groups, and claims, came."""
    first, second, third = (noted(group, text, "") for group, text in ("a1", "b2", "a3"))
    assert _grouped([first, second, third]) == (first, third, second)


def test_the_short_form_is_part_of_what_is_put_to_the_test() -> None:
    """And the full form is more."""
    assert 0 < len(programme(SelfTestForm.SHORT)) < len(programme(SelfTestForm.FULL))
