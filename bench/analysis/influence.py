"""What doubts do to the figures of a cell: pure; reports find the words for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench import figures
from bench.analysis.model import Effect, Figures, Moved
from bench.facts.load import Mode
from bench.facts.slice import DoubtKind, Slice, Verdict
from bench.stats.estimate import Estimate

CONSIDERED: Final = tuple(each.name for each in figures.OF_LOAD)
"""The figures that are read again without the doubted exposures."""

LASTING: Final = frozenset(
    {
        DoubtKind.ONE_CORE,
        DoubtKind.NOT_PINNED,
        DoubtKind.COARSE_TIMER,
        DoubtKind.CLIENT_DELAY_UNKNOWN,
        DoubtKind.REFERENCE_CLIENT,
        DoubtKind.NETWORK_DELAY,
    }
)
"""They concern every slice by their nature: there is nothing to set the figures against."""

OF_THE_SERVER: Final = frozenset(
    {DoubtKind.PROCESSES_CHANGED, DoubtKind.CONNECTIONS_LOST, DoubtKind.CONNECTION_WAIT}
)
"""Facts about what was measured; they make its figures what they are, and not wrong."""

TAKEN_OUT: Final = frozenset({DoubtKind.SEND_LAG, DoubtKind.CLIENT_DELAY})
"""In open loop they are not in the response time, as far as the kernel stamped the answers."""

OF_OTHERS: Final = frozenset({DoubtKind.NEIGHBOUR_WORKING})
"""A slice that these spoil says nothing of its server, and nothing is lost with it."""

PASSING_SHARE: Final = 0.05
"""Of exposures. Fewer than one in twenty cannot carry the 95th percentile, the farthest that is
headlined; doubts that cannot be weighed are forgiven up to there."""

LEFT_SHARE: Final = 1 / 3
"""Of the usable exposures, that must be free of doubts. Fewer are no sample of them: their figures
differ from those of all by chance alone."""

LEFT_ROUNDS: Final = 2
"""And of so many rounds, for one process differs from the next."""


LEAST: Final = 1e-3
"""By which a figure must lie outside of its interval, as a share: buckets of times are as wide."""


@dataclass(frozen=True, slots=True)
class Influence:
    """What came of weighing: the effect of each kind that was raised, and the figures it moved."""

    effects: Mapping[DoubtKind, Effect] = field(default_factory=dict)
    moved: tuple[Moved, ...] = ()


def weigh(
    slices: Sequence[Slice],
    figures: Callable[[], Figures],
    without: Callable[[Sequence[Slice]], Figures],
) -> Influence:
    """Weigh the doubts of one cell.

    slices: all its exposures, invalid ones included. figures: of the usable ones, with intervals.
    without: of these alone, whatever they are; intervals are not looked at.
    """
    spoiling = dict.fromkeys(_spoiling(slices), Effect.LEFT_OUT)
    effects = {kind: Effect.NOTED for kind in DoubtKind if _raised(slices, kind)}
    effects |= {kind: Effect.LASTING for kind in LASTING if _often(slices, kind)}
    used = [one for one in slices if one.verdict is not Verdict.INVALID]
    sound = [one for one in used if not _weighed(one)]
    kinds = tuple(kind for kind in effects if any(kind in _weighed(one) for one in used))
    if not kinds:
        return Influence(effects | spoiling)
    if not _enough(sound, used):
        return Influence(effects | dict.fromkeys(kinds, Effect.NOT_COMPARABLE) | spoiling)
    moved = _moved(figures(), without(sound), kinds, (len(used) - len(sound), len(used)))
    effect = Effect.MOVED if moved else Effect.NOTED
    return Influence(effects | dict.fromkeys(kinds, effect) | spoiling, moved)


def _weighed(one: Slice) -> frozenset[DoubtKind]:
    """The doubts of a slice that may have touched its figures, and need not have been there."""
    raised = frozenset(doubt.kind for doubt in one.doubts) - LASTING - OF_THE_SERVER - OF_OTHERS
    stamped = one.client_delay is not None
    return raised - TAKEN_OUT if one.cell.load.mode is Mode.OPEN and stamped else raised


def _raised(slices: Sequence[Slice], kind: DoubtKind) -> int:
    """How many slices raised a kind of doubt."""
    return sum(any(doubt.kind is kind for doubt in one.doubts) for one in slices)


def _often(slices: Sequence[Slice], kind: DoubtKind) -> bool:
    return _raised(slices, kind) > PASSING_SHARE * len(slices)


def _spoiling(slices: Sequence[Slice]) -> set[DoubtKind]:
    """What the server did in exposures that are left out: those that remain flatter it."""
    spoiled = [one for one in slices if one.verdict is Verdict.INVALID]
    found = {doubt.kind for one in spoiled for doubt in one.doubts if doubt.fatal} - OF_OTHERS
    return {kind for kind in found if _often(slices, kind)}


def _enough(sound: Sequence[Slice], used: Sequence[Slice]) -> bool:
    """Whether there is something to set the figures against."""
    rounds = {one.round for one in sound}
    return len(rounds) >= LEFT_ROUNDS and len(sound) >= LEFT_SHARE * len(used)


def _moved(
    with_them: Figures, without: Figures, kinds: tuple[DoubtKind, ...], exposures: tuple[int, int]
) -> tuple[Moved, ...]:
    """Figures that leave their interval."""
    found = ((name, with_them.get(name), without.get(name)) for name in CONSIDERED)
    return tuple(
        Moved(name, one, other, kinds, *exposures)
        for name, one, other in found
        if one is not None and other is not None and not _within(one, other.value)
    )


def _within(one: Estimate, value: float) -> bool:
    """Whether a value lies in an interval; where there is none, nothing does."""
    if one.lo is None or one.hi is None:
        return False
    slack = LEAST * abs(one.value)
    return one.lo - slack <= value <= one.hi + slack
