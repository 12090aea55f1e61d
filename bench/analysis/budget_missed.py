"""What a run's budget went into, where it held fewer rounds than were wanted or was not kept."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil, isfinite
from statistics import fmean
from typing import Final

from bench.analysis.note import BudgetMissed, SlowRequests, SlowStarts
from bench.facts.run import FINISHED, Facts
from bench.facts.slice import Slice
from bench.plan.budget import OVERDRAFT
from bench.plan.forecast import MARGIN, Forecast

_LONG_S: Final = 4.0  # of an exposure and its lead-in: of requests that are quick it is less
_NAMED: Final = 3  # servers whose start took longest


def budget_missed(facts: Facts, counted: Sequence[Slice]) -> Iterator[BudgetMissed]:
    """How many rounds there were of those wanted, what all took, and what most went into.

    Nothing where all rounds were made within the budget.
    """
    wanted, made = facts.manifest.settings.rounds, len({s.round for s in counted})
    if facts.ending != FINISHED or not made:
        return
    budget_s = facts.manifest.settings.timing.budget_s
    spent_s = max(one.ended_s for one in facts.slices)
    over = bool(budget_s) and spent_s > OVERDRAFT * budget_s
    if made < wanted or over:
        forecast = _forecast(facts, wanted)
        _, by_profile = _startups_s(facts)
        failed = {drain.profile for drain in facts.drains if drain.failure}
        yield BudgetMissed(
            rounds=made,
            wanted=wanted,
            budget_s=budget_s,
            spent_s=spent_s,
            over=over,
            enough_s=_enough_s(facts.enough_s, forecast, made, spent_s),
            cause=_cause(facts),
            never_ready=tuple(sorted(failed - by_profile.keys())),
        )


def _enough_s(
    said_s: float | None, forecast: Forecast | None, made: int, spent_s: float
) -> int | None:
    """A budget that holds all rounds, as far as those that were made took what was expected.

    It is what the run itself has said then. Where they took longer, as with servers that never were
    ready, so will the others. None: it is not known.
    """
    if forecast is None:
        return None
    as_expected = spent_s <= MARGIN * forecast.takes_s(made)
    if said_s is not None and as_expected and said_s > spent_s:
        return round(said_s)
    enough_s = forecast.enough_s * max(1.0, spent_s / max(1.0, forecast.takes_s(made)))
    if enough_s <= spent_s:
        enough_s = forecast.rounds * spent_s / made
    return ceil(enough_s / 10) * 10


def _forecast(facts: Facts, rounds: int) -> Forecast | None:
    """What all rounds take, by what the first one has shown; None: it has shown too little."""
    by_round, by_profile = _startups_s(facts)
    warm = [one.ended_s for one in facts.slices if one.warm_up and one.round == 1]
    starting_s = by_round.get(1, 0.0)
    seen_s = (*warm, *(s for cut in facts.cuts.values() for s in (cut.exposure_s, cut.lead_in_s)))
    if not (by_profile and facts.cuts and rounds > 0 and all(map(isfinite, seen_s))):
        return None
    return Forecast(
        timing=facts.manifest.settings.timing,
        rounds=rounds,
        servers=len(by_profile),
        cuts=tuple(facts.cuts.values()),
        ready_s=max(warm, default=starting_s),
        starting_s=starting_s,
        alone=facts.manifest.settings.alone,
    )


def _cause(facts: Facts) -> SlowRequests | SlowStarts:
    """What a round cannot do without, and took most of it: starting servers, or exposing them."""
    by_round, by_profile = _startups_s(facts)
    starting_s = fmean(by_round.values()) if by_round else 0.0
    longest_s = max((cut.lead_in_s + cut.exposure_s for cut in facts.cuts.values()), default=0.0)
    exposing_s = longest_s * 2 * len(by_profile)
    if starting_s < exposing_s and longest_s >= _LONG_S:
        return SlowRequests(longest_s)
    slowest = sorted(by_profile.items(), key=lambda each: each[1], reverse=True)[:_NAMED]
    return SlowStarts(starting_s, tuple(slowest), exposing_s if starting_s < exposing_s else None)


def _startups_s(facts: Facts) -> tuple[dict[int, float], dict[str, float]]:
    """How long starts took: all of a round, and the longest of each server, seconds."""
    by_round: defaultdict[int, float] = defaultdict(float)
    by_profile: defaultdict[str, float] = defaultdict(float)
    for launch in facts.launches:
        startup_s = (launch.startup_ns or 0) / 1e9
        by_round[launch.round] += startup_s
        by_profile[launch.profile] = max(by_profile[launch.profile], startup_s)
    return by_round, by_profile
