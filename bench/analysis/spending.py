"""What a run's budget went into, where it held fewer rounds than were wanted or was not kept."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from math import ceil, isfinite
from statistics import fmean
from typing import Final

from bench.facts.run import Facts
from bench.facts.slice import Slice
from bench.formatting import listing, plural
from bench.plan.budget import OVERDRAFT
from bench.plan.forecast import Forecast
from bench.plan.schedule import Timing

_FINISHED: Final = "finished"
_LONG_S: Final = 4.0  # of an exposure and its lead-in: of requests that are quick it is less
_NAMED: Final = 3  # servers whose start took longest


def spending(facts: Facts, counted: Sequence[Slice]) -> str:
    """Say how many rounds there were of those wanted, what all took, and what most went into."""
    wanted, made = facts.manifest.settings.get("rounds"), len({s.round for s in counted})
    if facts.ending != _FINISHED or wanted is None or not made:
        return ""
    budget_s = facts.manifest.settings.get("timing", {}).get("budget_s", 0.0)
    spent_s = max(one.ended_s for one in facts.slices)
    fewer, over = made < wanted, bool(budget_s) and spent_s > OVERDRAFT * budget_s
    if not fewer and not over:
        return ""
    took = f"took {spent_s:.0f} s where --budget was {budget_s:.0f} s"
    if fewer:
        what = f"{made} of {wanted} rounds fit into the budget" + (f", and {took}" if over else "")
    else:
        what = f"{plural(made, 'round')} {took}"
    forecast = _forecast(facts, wanted)
    enough = "Give more --budget"
    if forecast is not None:
        enough = f"--budget {_enough_s(forecast, made, spent_s)}s is enough for all {wanted}"
    return f"{what}: {_reason(facts)}. {enough}, or give fewer --servers."


def _enough_s(forecast: Forecast, made: int, spent_s: float) -> int:
    """A budget that holds all rounds, as far as those that were made took what was expected.

    Where they took longer, as with servers that never were ready, so will the others.
    """
    enough_s = forecast.enough_s * max(1.0, spent_s / max(1.0, forecast.takes_s(made)))
    if enough_s <= spent_s:
        enough_s = forecast.rounds * spent_s / made
    return ceil(enough_s / 10) * 10


def _forecast(facts: Facts, rounds: int) -> Forecast | None:
    """What all rounds take, by what the first one has shown; None: it has shown too little."""
    known = facts.manifest.settings.get("timing", {})
    names = {each.name for each in fields(Timing)} & known.keys()
    by_round, by_profile = _startups_s(facts)
    warm = [one.ended_s for one in facts.slices if one.warm_up and one.round == 1]
    starting_s = by_round.get(1, 0.0)
    seen_s = (*warm, *(s for cut in facts.cuts.values() for s in (cut.exposure_s, cut.lead_in_s)))
    if not (by_profile and facts.cuts and rounds > 0 and all(map(isfinite, seen_s))):
        return None
    return Forecast(
        timing=Timing(**{name: known[name] for name in names}),
        rounds=rounds,
        servers=len(by_profile),
        cuts=tuple(facts.cuts.values()),
        ready_s=max(warm, default=starting_s),
        starting_s=starting_s,
        alone=bool(facts.manifest.settings.get("alone")),
    )


def _reason(facts: Facts) -> str:
    """Name what a round cannot do without: starting servers, and exposing them."""
    by_round, by_profile = _startups_s(facts)
    starting_s = fmean(by_round.values()) if by_round else 0.0
    longest_s = max((cut.lead_in_s + cut.exposure_s for cut in facts.cuts.values()), default=0.0)
    exposing_s = longest_s * 2 * len(by_profile)
    lost = sorted({d.profile for d in facts.drains if d.failure} - by_profile.keys())
    waited = f"; others never became ready ({listing(lost)})" if lost else ""
    if starting_s < exposing_s and longest_s >= _LONG_S:
        return f"each exposure takes {longest_s:.0f} s: requests are slow{waited}"
    slowest = sorted(by_profile.items(), key=lambda each: each[1], reverse=True)[:_NAMED]
    each = listing([f"{name} {seconds:.0f} s" for name, seconds in slowest])
    beside = f", and exposures {exposing_s:.0f} s" if starting_s < exposing_s else ""
    return f"starting the servers took {starting_s:.0f} s a round ({each}){beside}{waited}"


def _startups_s(facts: Facts) -> tuple[dict[int, float], dict[str, float]]:
    """How long starts took: all of a round, and the longest of each server, seconds."""
    by_round: defaultdict[int, float] = defaultdict(float)
    by_profile: defaultdict[str, float] = defaultdict(float)
    for one in facts.launches:
        startup_s = (one.startup_ns or 0) / 1e9
        by_round[one.round] += startup_s
        by_profile[one.profile] = max(by_profile[one.profile], startup_s)
    return by_round, by_profile
