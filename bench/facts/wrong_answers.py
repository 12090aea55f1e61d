"""What several observations say together of what was answered other than right."""

from collections import Counter
from collections.abc import Iterable

from bench.facts.slice import Observation


def statuses(seen: Iterable[Observation]) -> dict[int, int]:
    """How often each wrong status came, in the order of their numbers."""
    totals: Counter[int] = Counter()
    for one in seen:
        totals.update(one.statuses)
    return dict(sorted(totals.items()))


def examples(seen: Iterable[Observation]) -> dict[str, str]:
    """The first failure of each kind."""
    found: dict[str, str] = {}
    for one in seen:
        found |= {kind: text for kind, text in one.examples.items() if kind not in found}
    return found
