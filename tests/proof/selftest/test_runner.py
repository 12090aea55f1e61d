"""Which experiments there are, and how their claims are put together."""

from typing import Any

import pytest

from bench.facts.selftest import SelfTest
from bench.proof.selftest.claims import Shown, claim, noted
from bench.proof.selftest.runner import (
    COVERED,
    SelfTestExperiment,
    SelfTestForm,
    _grouped,
    programme,
    proved_for,
)
from bench.proof.selftest.testbed import Stand
from servers.protocol import Protocol


def test_claims_of_a_group_stand_together() -> None:
    """In the order in which groups, and claims, came."""
    first, second, third = (noted(group, text, "") for group, text in ("a1", "b2", "a3"))
    assert _grouped([first, second, third]) == (first, third, second)


@pytest.mark.parametrize("form", SelfTestForm)
@pytest.mark.parametrize("protocol", COVERED)
def test_each_protocol_has_experiments_of_its_own(form: SelfTestForm, protocol: Protocol) -> None:
    """Only those that are asked for are tried."""
    planned = programme(form, [protocol])
    assert planned
    assert {experiment.protocol for experiment in planned} == {protocol}
    for subject in ("a queue", "stalls", "misbehaves"):
        assert any(subject in experiment.what for experiment in planned)
    assert any("ceiling" in repr(experiment.make) for experiment in planned)


async def test_claims_say_over_which_protocol_they_are() -> None:
    """Where it is not HTTP/1.1; the stand is the protocol's."""
    stood: list[Protocol] = []

    async def make(stand: Stand) -> Shown:
        stood.append(stand.protocol)
        return Shown(
            logic=(claim("Group", "it is so", "1", "1", holds=True),),
            exactness=(noted("Figures", "so much", "2"),),
        )

    nothing: Any = None
    stand = Stand(nothing, nothing)
    groups = []
    for protocol in (Protocol.HTTP_1_1, Protocol.H2C):
        shown = await SelfTestExperiment("anything", make, protocol).shown(stand)
        groups.append([each.group for each in (*shown.logic, *shown.exactness)])
    assert stood == [Protocol.HTTP_1_1, Protocol.H2C]
    assert groups == [["Group", "Figures"], ["Group over h2c", "Figures over h2c"]]


def test_a_run_has_its_own_protocols_tested() -> None:
    """In a fixed order."""
    assert proved_for([Protocol.HTTP_1_1]) == [Protocol.HTTP_1_1]
    assert proved_for([Protocol.H2, Protocol.H2C, Protocol.H2]) == [Protocol.H2C, Protocol.H2]
    assert proved_for([Protocol.H3]) == [Protocol.H3]
    assert proved_for([Protocol.H3, Protocol.H2]) == [Protocol.H2, Protocol.H3]
    assert proved_for([]) == []


@pytest.mark.parametrize(("protocol", "expected"), [("h3", 9.0), ("http/1.1", 7.0), ("h2", 7.0)])
def test_each_protocol_has_its_ceiling(protocol: str, expected: float) -> None:
    """That of HTTP/1.1 stands for the others, but for HTTP/3, which costs more."""
    proof = SelfTest("short", "", 1.0, (), 7.0, 32, ceilings={"h3": 9.0})
    assert proof.ceiling_over(protocol) == expected
    assert SelfTest("short", "", 1.0, (), 7.0, 32).ceiling_over("h3") is None


def test_new_connections_have_a_ceiling_of_their_own() -> None:
    """It is unknown where it was not measured: that of kept ones stands for none."""
    proof = SelfTest("short", "", 1.0, (), 7.0, 32, ceilings={"https/1.1, new connections": 3.0})
    assert proof.ceiling_over("https/1.1", renewed=True) == 3.0
    assert proof.ceiling_over("http/1.1", renewed=True) is None


def test_a_run_over_new_connections_has_their_ceiling_measured() -> None:
    """Over each protocol that has them; no other run of the short form has."""
    every = [Protocol.HTTP_1_1, Protocol.HTTPS_1_1, Protocol.H2C]
    kept = {each.what for each in programme(SelfTestForm.SHORT, every)}
    renewed = programme(SelfTestForm.SHORT, every, renewed=True)
    assert [each.protocol for each in renewed if each.what not in kept] == every[:2]


def test_the_short_form_is_part_of_what_is_put_to_the_test() -> None:
    """And the full form is more."""
    assert 0 < len(programme(SelfTestForm.SHORT)) < len(programme(SelfTestForm.FULL))
