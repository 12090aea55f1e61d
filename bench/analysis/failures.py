"""What was answered other than right: how often, and with what."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.facts.slice import Outcome


@dataclass(frozen=True, slots=True)
class Failure:
    """Requests that failed in one way.

    status: that came in place of the right one, where it was that; None: another outcome, or it
    was not written down. example: one of them in words; None: none was kept.
    """

    outcome: Outcome
    status: int | None
    count: int
    example: str | None


def failures(
    outcomes: Mapping[Outcome, int], statuses: Mapping[int, int], examples: Mapping[str, str]
) -> tuple[Failure, ...]:
    """Every way in which requests failed, in the order of outcomes, the commonest status first."""
    found = []
    for outcome in Outcome:
        count = outcomes.get(outcome, 0)
        if outcome is Outcome.WRONG_STATUS:
            for status, times in sorted(statuses.items(), key=lambda item: -item[1]):
                found.append(Failure(outcome, status, times, examples.get(str(status))))
            count -= sum(statuses.values())
        if outcome is not Outcome.OK and count > 0:
            found.append(Failure(outcome, None, count, examples.get(outcome.value)))
    return tuple(found)
