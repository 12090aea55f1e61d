"""Plain values: what estimates and comparisons are flattened to."""

from bench.formatting import rounded
from bench.stats.estimate import Estimate
from bench.stats.ranks import Rank
from bench.stats.unpaired import Member


def bounded(name: str, estimate: Estimate | None) -> dict[str, object]:
    """Flatten an estimate: the figure, its lower and its upper bound."""
    return {
        name: rounded(estimate.value if estimate else None),
        f"{name}_lo": rounded(estimate.lo if estimate else None),
        f"{name}_hi": rounded(estimate.hi if estimate else None),
    }


def compared(name: str, member: Member | None) -> dict[str, object]:
    """Flatten a comparison: ratio, p before and after correction, what was and could be shown."""
    comparison = member.comparison if member else None
    return {
        **bounded(name, comparison.ratio if comparison else None),
        f"{name}_p": rounded(comparison.p if comparison else None),
        f"{name}_p_adjusted": rounded(member.p_adjusted if member else None),
        f"{name}_shown": member.shown if member else None,
        f"{name}_smallest": rounded(member.smallest if member else None),
    }


def estimate_of(estimate: Estimate | None) -> dict[str, object] | None:
    """Nest an estimate; None where there is none."""
    if estimate is None:
        return None
    return {
        "value": rounded(estimate.value),
        "lo": rounded(estimate.lo),
        "hi": rounded(estimate.hi),
    }


def ranked(rank: Rank | None) -> dict[str, object] | None:
    """A place among others, and whether it is shared."""
    return None if rank is None else {"place": rank.place, "tied": rank.tied}
