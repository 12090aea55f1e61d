"""What speaks for a disturbance of the machine, and what does not."""

import os

import pytest

from bench.selftest.disturbance import Evidence, Reading, evidence
from bench.ticks import CpuTicks
from tests.selftest.observations import observation

QUIET = Evidence(0, 0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (QUIET, None),
        (Evidence(0, 0.0019, 0.0019, 0), None),
        (Evidence(1, 0.0, 0.0, 0), "10 ms stolen"),
        (Evidence(0, 0.05, 0.0, 0), "generator starved 5.0%"),
        (Evidence(0, 0.0, 0.01, 0), "server starved 1.0%"),
        (Evidence(0, 0.0, 0.0, 2), "2 collections"),
        (Evidence(1, 0.05, 0.01, 1), "generator starved 5.0%"),
    ],
)
def test_the_strongest_evidence_is_told(seen: Evidence, words: str | None) -> None:
    """Or none, where nothing reaches its threshold."""
    assert seen.words == words


def test_evidence_is_what_lies_between_two_readings() -> None:
    """Ticks that were stolen, and the share of the time that the server waited."""
    before = Reading(0, CpuTicks(100, 50, 3), 1_000)
    after = Reading(1_000_000, CpuTicks(200, 90, 5), 101_000)
    seen = observation(starved_share=0.25, collections=1)
    assert evidence(before, after, seen) == Evidence(2, 0.25, 0.1, 1)


def test_what_cannot_be_read_is_no_evidence() -> None:
    """A kernel that does not tell excuses nothing."""
    nothing = Reading(0, None, None), Reading(1, None, None)
    assert evidence(*nothing, observation(starved_share=None)) == QUIET


def test_this_process_can_be_read() -> None:
    """And a process that is gone has no waiting time."""
    assert Reading.now(os.getpid()).at_ns > 0
    assert Reading.now(2**22 + 1).waited_ns is None
