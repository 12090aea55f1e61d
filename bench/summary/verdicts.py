"""What the doubts of many slices mean for the cell that they are slices of."""

from collections.abc import Iterable, Sequence

from bench.domain import DoubtKind, Mode, Slice, Verdict
from bench.doubts import EXPLANATIONS, growing_queue
from bench.summary.model import CellDoubt
from bench.summary.words import plural

# fewer than one slice in twenty cannot carry the 95th percentile, the farthest that is headlined;
# a passing disturbance is then named in a footnote and leaves the verdict alone
SUSPECT_SHARE = 0.05
# where most slices are invalid, the rest are not a sample of the server but what it let through
INVALID_SHARE = 0.5
_LOW_IS_BAD = {
    DoubtKind.LITTLES_LAW,
    DoubtKind.OFFERED_RATE_NOT_REACHED,
}


def aggregate(slices: Sequence[Slice]) -> tuple[CellDoubt, ...]:
    """Collect the doubts of counted slices by kind, in the order of `DoubtKind`."""
    return tuple(
        CellDoubt(
            kind,
            worst([doubt.value for doubt in found], kind),
            sum(any(doubt.kind is kind for doubt in s.doubts) for s in slices),
            len(slices),
            any(doubt.fatal for doubt in found),
        )
        for kind in DoubtKind
        if (found := [doubt for s in slices for doubt in s.doubts if doubt.kind is kind])
    )


def worst(values: Iterable[float], kind: DoubtKind) -> float:
    """Pick the value farthest from innocence: the lowest for shares that ought to be whole."""
    return min(values) if kind in _LOW_IS_BAD else max(values)


def verdict(slices: Sequence[Slice], doubts: Sequence[CellDoubt]) -> Verdict:
    """Judge a cell by its counted slices.

    Invalid: none is usable, more than half are invalid, or the queue grew over all of the others
    together. Suspect: some doubt was raised in more than one slice in twenty. Else valid.
    """
    invalid = sum(s.verdict is Verdict.INVALID for s in slices)
    if invalid == len(slices) or invalid > INVALID_SHARE * len(slices):
        return Verdict.INVALID
    if overload(slices) is not None:
        return Verdict.INVALID
    if any(doubt.slices > SUSPECT_SHARE * doubt.of for doubt in doubts):
        return Verdict.SUSPECT
    return Verdict.VALID


def overload(slices: Sequence[Slice]) -> float | None:
    """Share of what was due that was answered in all usable slices, where the queue was growing."""
    return growing_queue(
        [s for s in slices if s.cell.load.mode is Mode.OPEN and s.verdict is not Verdict.INVALID]
    )


def says(kind: DoubtKind, value: float) -> str:
    """Say in words what a doubt found."""
    return EXPLANATIONS[kind].says.format(value=value)


def reason(slices: Sequence[Slice], doubts: Sequence[CellDoubt]) -> str:
    """Say why an invalid cell has no figures: how many slices, and the commonest fatal doubt."""
    invalid = sum(s.verdict is Verdict.INVALID for s in slices)
    share = overload(slices)
    if share is not None and invalid <= INVALID_SHARE * len(slices):
        return f"over {plural(len(slices) - invalid, 'slice')}, {says(DoubtKind.OVERLOADED, share)}"
    text = f"{invalid} of {plural(len(slices), 'slice')} invalid"
    fatal = [doubt for doubt in doubts if doubt.fatal]
    if not fatal:
        return text
    commonest = max(fatal, key=lambda doubt: doubt.slices)
    return f"{text}: {says(commonest.kind, commonest.worst)}"
