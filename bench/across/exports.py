"""Plain values for programs: what comparisons of several runs are flattened to."""

from bench.report.exports import bounded
from bench.stats.unpaired import Member
from bench.summary.words import rounded


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
