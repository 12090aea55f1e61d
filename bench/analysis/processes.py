"""Every two servers compared as processes: what they take to start and to keep, round by round."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from bench.facts.run import Facts
from bench.stats.compare import Series
from bench.stats.family import Pair, compare_all

STARTUP: Final = "startup_ms"
MEMORY: Final = "pss_mib"


def process_comparisons(facts: Facts, twin: str | None) -> dict[str, tuple[Pair, ...]]:
    """Compare start-up times and memory after load; by the name of the figure in `Figures`.

    A value a round: each is that of another process. The twin is left out.
    """
    found: dict[str, dict[str, Series]] = {
        STARTUP: _by_profile(
            (launch.profile, launch.round, launch.startup_ns) for launch in facts.launches
        ),
        MEMORY: _by_profile(
            (drain.profile, drain.round, drain.pss_loaded_bytes) for drain in facts.drains
        ),
    }
    return {
        figure: compare_all({n: each for n, each in series.items() if n != twin})
        for figure, series in found.items()
    }


def _by_profile(known: Iterator[tuple[str, int, int | None]]) -> dict[str, Series]:
    series: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
    for profile, round_, value in known:
        if value:
            series[profile][round_, 1] = float(value)
    return dict(series)


def against(
    comparisons: Mapping[str, tuple[Pair, ...]], figure: str, subject: str, reference: str
) -> Pair | None:
    """One server's comparison with another by a figure, subject / reference, if there is one."""
    for pair in comparisons.get(figure, ()):
        if {pair.subject, pair.reference} == {subject, reference}:
            return pair.seen_from(subject)
    return None
