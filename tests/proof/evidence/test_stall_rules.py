"""When a reference app stands still: in virtual time."""

import pytest

from bench.proof.reference.apps.stall_rules import Rule, rule


def stalls(text: str, *times_s: float) -> list[float]:
    """How long the requests that are handled at these times are kept."""
    following: Rule = rule(text)
    return [following.stall_s(at_s) for at_s in times_s]


def test_by_requests() -> None:
    """The third and the sixth, whenever they come."""
    assert stalls("requests/3/0.1", *range(7)) == [0, 0, 0.1, 0, 0, 0.1, 0]


def test_by_the_clock() -> None:
    """The first in each period since the first of all; periods without a request pass."""
    assert stalls("clock/1/0.1", 0.0, 0.9, 1.2, 1.3, 4.01, 4.9) == [0, 0, 0.1, 0, 0.1, 0]


def test_by_the_time_under_load() -> None:
    """A stall is part of its period, and idle time is not."""
    at_s = [number * 0.05 for number in range(30)]
    found = stalls("load/1/0.4", *at_s)
    assert [number for number, each in enumerate(found) if each] == [12]
    later_s = [at_s[11] + 50 + number * 0.05 for number in range(3)]
    assert stalls("load/1/0.4", *at_s[:12], *later_s)[-3:] == [0, 0, 0.4]


def test_the_time_of_a_stall_is_not_counted_twice() -> None:
    """After one that lasted 0.4 s it takes as much load again until the next."""
    first_s = [number * 0.05 for number in range(13)]
    second_s = [first_s[-1] + 0.4 + number * 0.05 for number in range(1, 13)]
    found = stalls("load/1/0.4", *first_s, *second_s)
    assert [number for number, each in enumerate(found) if each] == [12, 24]


def test_never() -> None:
    """At no request."""
    assert not any(stalls("never", *range(1000)))


@pytest.mark.parametrize("text", ["", "clock/1", "requests/x/0.1", "weekly/1/1", "never/1"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    """Rather than taken for none."""
    with pytest.raises(ValueError, match=r"not a stall rule|invalid literal"):
        rule(text)
