"""What a pilot says: what came in place of right answers, and how long the run is going to take."""

from collections.abc import Sequence

from bench.analysis.failures import failures
from bench.facts.slice import Outcome, Slice
from bench.formatting import listing, plural
from bench.messages import failure_counts
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT
from bench.plan.forecast import Forecast

_TOO_MANY = 429
_LIMITED = "429 means too many requests: lift the app's rate limit to measure it"


def no_right_answer(workload: str, warm: Sequence[Slice], untried: Sequence[str] = ()) -> str:
    """Say of every server what came in place of right answers.

    `untried`: those that the budget had no time for.
    """
    answers = (
        "; ".join(f"{one.cell.profile}: {_came(one)}" for one in warm) or "no server is running"
    )
    rest = f"; not tried, for --budget is spent: {listing(untried)}" if untried else ""
    limited = "; " + _LIMITED if any(_TOO_MANY in one.statuses for one in warm) else ""
    return (
        f"no server responds to workload '{workload}' well enough to be measured: "
        f"{answers}{rest}{limited}"
    )


def _came(one: Slice) -> str:
    """What became of a slice's requests, with the first failure in words."""
    right, others = one.outcomes.get(Outcome.OK, 0), set(one.outcomes) - {Outcome.OK}
    failed = ", ".join(failure_counts(failures(one.outcomes, one.statuses, one.examples)))
    example = next(iter([*one.examples.values(), *one.errors]), None)
    first = "" if example is None else f"; first: {example}"
    too_slow = not one.outcomes or others == {Outcome.TIMEOUT}
    details = f"{failed or 'no other'}{first}{_too_slow(one) if too_slow else ''}"
    return f"{right:,} of {one.requests:,} answered correctly ({details})"


def _too_slow(one: Slice) -> str:
    return (
        f"; it is too slow for {one.cell.load.connections} connections: the time limit of a "
        f"request is {schedule.LONGEST_PATIENCE_S:g} s; give fewer --connections"
    )


def beforehand(forecast: Forecast) -> str:
    """Say that a run is going to exceed its budget, or to have fewer rounds; empty: neither."""
    budget_s, rounds = forecast.timing.budget_s, forecast.fitting
    takes_s = forecast.takes_s(rounds)
    if rounds == forecast.rounds and takes_s <= OVERDRAFT * budget_s:
        return ""
    suffices = "has time for it" if forecast.rounds == 1 else "has time for all"
    all_of = f"--budget {forecast.enough_s:.0f}s {suffices}"
    if takes_s <= OVERDRAFT * budget_s:
        of_all = f"{rounds} of {plural(forecast.rounds, 'round')}"
        return f"the budget of {budget_s:g} s has time for about {of_all}; {all_of}"
    rest = f", 1 of {forecast.rounds}," if forecast.rounds > 1 else ""
    return (
        f"a single round{rest} will take about {takes_s:.0f} s, where the budget is "
        f"{budget_s:g} s; {all_of}"
    )
