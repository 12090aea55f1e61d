"""What is smaller than response times are exact to: figures and differences, and how they show."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Final, TypeAlias

from bench.analysis.model import Section
from bench.facts.load import Mode
from bench.facts.selftest import ErrorBudget, SelfTest
from bench.figures import FIGURES
from bench.formatting import exact_ms
from bench.stats.estimate import Estimate
from bench.stats.family import Pair
from bench.stats.units import NS_PER_MS

MARK: Final = "\N{DAGGER}"
BUDGETED: Final[Mapping[str, Callable[[ErrorBudget], float | None]]] = {
    f"{point}_ms": attrgetter(f"{point}_ns") for point in ("avg", "p50", "p90", "p95", "p99")
}

Limits: TypeAlias = Mapping[str, float]
"""What times are exact to, ns, by the figure's name in `Figures`; nothing where it is not known."""

UNLIMITED: Final[Limits] = MappingProxyType({})


def limits(section: Section, proof: SelfTest | None) -> Limits:
    """Take the budget of a section; it is of response times, which a closed loop has none of."""
    if proof is None or section.load.mode is Mode.CLOSED:
        return {}
    known = {name: read(proof.budget) for name, read in BUDGETED.items()}
    return {name: ns for name, ns in known.items() if ns is not None}


def less_than(estimate: Estimate, name: str, limits: Limits) -> str:
    """Write that a figure is less than it is exact to: "<0.042"; empty where it is more."""
    limit_ns = limits.get(name, 0.0)
    return f"<{exact_ms(limit_ns)}" if estimate.value * NS_PER_MS < limit_ns else ""


def too_small(section: Section, pair: Pair, reference: str, limits: Limits) -> bool:
    """Whether a difference from another server's figure is less than both are exact to."""
    others = (
        row.figures.get(section.ranked_by) for row in section.rows if row.profile == reference
    )
    other, limit_ns = next(others, None), limits.get(section.ranked_by)
    if other is None or limit_ns is None:
        return False
    return abs(pair.ratio.value - 1) * other.value * NS_PER_MS < limit_ns


def explained(section: Section, baseline: str, limits: Limits) -> str:
    """Say what the mark means; empty where nothing has it."""
    pairs = section.against(baseline).values()
    if not any(too_small(section, pair, baseline, limits) for pair in pairs):
        return ""
    return (
        f"{MARK}: a difference below {exact_ms(limits[section.ranked_by])} ms, which is the "
        f"accuracy of the {FIGURES[section.ranked_by].sentence}."
    )
