"""Which experiments there are, and how their claims are put together."""

import pytest

from bench.facts.selftest import SelfTest
from bench.proof.selftest.claims import noted
from bench.proof.selftest.runner import SelfTestForm, _grouped, programme


def test_claims_of_a_group_stand_together() -> None:
    """In the order in which groups, and claims, came."""
    first, second, third = (noted(group, text, "") for group, text in ("a1", "b2", "a3"))
    assert _grouped([first, second, third]) == (first, third, second)


def test_the_short_form_is_part_of_what_is_put_to_the_test() -> None:
    """And the full form is more."""
    for http3 in (False, True):
        short, full = (programme(form, http3=http3) for form in SelfTestForm)
        assert 0 < len(short) < len(full)


@pytest.mark.parametrize("form", SelfTestForm)
def test_http3_is_put_to_the_test_where_it_is_asked_for(form: SelfTestForm) -> None:
    """It is one experiment more, and the last."""
    without, with_it = (programme(form, http3=http3) for http3 in (False, True))
    assert with_it[: len(without)] == without
    assert [each.what for each in with_it[len(without) :]] == ["limits of the measurement (HTTP/3)"]


@pytest.mark.parametrize(("protocol", "expected"), [("h3", 9.0), ("http/1.1", 7.0), ("h2", 7.0)])
def test_each_protocol_has_its_ceiling(protocol: str, expected: float) -> None:
    """That of HTTP/1.1 stands for the others, but for HTTP/3, which costs more."""
    proof = SelfTest("short", "", 1.0, (), 7.0, 32, ceilings={"h3": 9.0})
    assert proof.ceiling_over(protocol) == expected
    assert SelfTest("short", "", 1.0, (), 7.0, 32).ceiling_over("h3") is None
