"""The sentence that the figures of a section allow; never an order that noise could have made."""

from collections.abc import Sequence
from typing import Final

from bench.analysis.model import CellRow, Section, Summary
from bench.analysis.slice_figures import CPU
from bench.facts.load import Mode
from bench.formatting import listing, load_in_words, number, showable, spoken
from bench.stats.family import Pair

STALLED_SHARE: Final = 0.05
"""Of the time under load: more than p95, the farthest percentile that is headlined, leaves out. The
requests that were due in it are then what p95 is made of."""

_TOO_FEW: Final = "too few slices to show any difference; give more --rounds"


def headlines(summary: Summary) -> list[str]:
    """Say what a run shows, a sentence for each workload and load."""
    return [headline(section, summary.manifest.baseline) for section in summary.sections]


def headline(section: Section, baseline: str) -> str:
    """Say who is best, who cannot be told apart from it, and how far the rest is behind."""
    ranked = [row for row in section.rows if row.rank is not None]
    where = f"{_where(section)} ({section.workload})"
    if not ranked:
        return f"{where}: no server has trustworthy figures."
    if len(ranked) == 1:
        return f"{where}: only {ranked[0].profile} has figures; there is nothing to compare."
    parts = [
        _first(section, ranked),
        _last(section, ranked, baseline),
        _cpu(section, baseline),
        _stalled(ranked),
    ]
    return f"{where}: {'; '.join(part for part in parts if part)}."


def _where(section: Section) -> str:
    preposition = "At" if section.load.mode is Mode.OPEN else "With"
    return f"{preposition} {load_in_words(section.load)}"


def _first(section: Section, ranked: Sequence[CellRow]) -> str:
    """Name those that none is shown to be better than."""
    best = [row.profile for row in ranked if row.rank and row.rank.place == 1]
    among = [p for p in section.pairs if p.subject in best and p.reference in best]
    if len(best) == len(ranked):
        if among and all(pair.p_adjusted is None for pair in among):
            return f"{listing(best)} could not be compared ({_TOO_FEW})"
        return f"no difference shown between {listing(best)}{_could_have(among)}"
    if len(best) > 1:
        return f"{listing(best)} do not differ significantly{_could_have(among)}"
    others = section.against(best[0]).values()
    if len(others) == len(ranked) - 1 and all(pair.shown for pair in others):
        return f"{best[0]} {_superlative(section)}"
    return f"no server is significantly better than {best[0]}"


def _could_have(pairs: Sequence[Pair]) -> str:
    """Say what ties are worth: the difference that each of these comparisons could have shown."""
    if not pairs or any(pair.smallest is None for pair in pairs):
        return f" ({_TOO_FEW})"
    smallest = max(pair.smallest or 0.0 for pair in pairs)
    return f" ({showable(smallest)})"


def _superlative(section: Section) -> str:
    if section.load.mode is Mode.OPEN:
        return "has the shortest median response time"
    return "has the highest throughput"


def _last(section: Section, ranked: Sequence[CellRow], baseline: str) -> str:
    """Set the profile with the worst shown ratio against the baseline, or against the best."""
    names = [row.profile for row in ranked]
    for reference in dict.fromkeys((baseline, names[0])):
        worse = [p for p in section.against(reference).values() if _is_worse(section, p)]
        if worse:
            return _behind(section, max(worse, key=lambda p: _badness(section, p)))
    return ""


def _cpu(section: Section, baseline: str) -> str:
    """Say who is shown to need most CPU for the same work, against the baseline."""
    if section.load.mode is Mode.CLOSED:
        return ""
    found = section.against(baseline, CPU).items()
    more = {name: p for name, p in found if p.shown and p.comparison.center > 0}
    if not more:
        return ""
    name, pair = max(more.items(), key=lambda item: item[1].comparison.center)
    return f"{name} needs {spoken(pair.ratio)} times the CPU of {baseline}"


def _stalled(ranked: Sequence[CellRow]) -> str:
    """Say who stood still for so long that it is in the tail of what clients waited."""
    shares = {
        row.profile: row.figures.stalled_share.value
        for row in ranked
        if row.figures.stalled_share and row.figures.stalled_share.value > STALLED_SHARE
    }
    if not shares:
        return ""
    most = f"{'up to ' if len(shares) > 1 else ''}{number(100 * max(shares.values()))}%"
    return f"{listing(list(shares))} stalled for {most} of the time"


def _is_worse(section: Section, pair: Pair) -> bool:
    return pair.shown and _badness(section, pair) > 1


def _badness(section: Section, pair: Pair) -> float:
    ratio = pair.comparison.ratio.value
    return ratio if section.load.mode is Mode.OPEN else 1 / ratio


def _behind(section: Section, pair: Pair) -> str:
    others = section.against(pair.subject).values()
    alone = all(other.shown and _badness(section, other) < 1 for other in others)
    subject = f"the slowest, {pair.subject}," if alone else pair.subject
    ratio = spoken(pair.ratio)
    if section.load.mode is Mode.OPEN:
        return f"{subject} takes {ratio} times the median response time of {pair.reference}"
    return f"{subject} reaches {ratio} times the throughput of {pair.reference}"
