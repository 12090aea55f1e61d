"""What every run begins with: what is said of it."""

from dataclasses import replace

import pytest

from bench.domain import Finding
from bench.preparation import unproved
from tests.report.factory import PROVED


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((Finding.HOLDS, Finding.DISTURBED), "the machine was disturbed"),
        ((Finding.DISTURBED, Finding.FAILS), "failed its self-test on this machine"),
    ],
)
def test_a_disturbed_machine_is_no_failed_instrument(
    findings: tuple[Finding, ...], said: str
) -> None:
    """Where nothing was shown to be wrong, only nothing was shown."""
    claims = tuple(replace(PROVED.claims[0], finding=finding) for finding in findings)
    assert said in unproved(replace(PROVED, claims=claims))
