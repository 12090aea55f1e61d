"""What the doubts of many slices mean for the cell that they are slices of."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bench.analysis.absence import GrowingQueue, InvalidSlices, WorstDoubt, WrongAnswers
from bench.analysis.failures import failures
from bench.analysis.growing_queue import growing_queue
from bench.analysis.model import CellDoubt, Effect
from bench.facts.combining import examples, occurrences
from bench.facts.load import Mode
from bench.facts.slice import DoubtKind, Outcome, Slice, Verdict

# where most slices are invalid, the rest are not a sample of the server but what it let through
INVALID_SHARE = 0.5
_OF_WRONG_ANSWERS = (DoubtKind.WRONG_RESPONSES, DoubtKind.PROCESSES_CHANGED)
_LOW_IS_BAD = {
    DoubtKind.LITTLES_LAW,
    DoubtKind.OFFERED_RATE_NOT_REACHED,
}


def aggregate(
    slices: Sequence[Slice], effects: Mapping[DoubtKind, Effect]
) -> tuple[CellDoubt, ...]:
    """Collect the doubts of counted slices by kind, in the order of `DoubtKind`.

    Where a server gave wrong answers alone, other doubts, with what they advise, follow from that:
    they are left out.
    """
    kinds = _OF_WRONG_ANSWERS if _only_wrong(slices) else DoubtKind
    return tuple(
        CellDoubt(
            kind,
            worst([doubt.value for doubt in found], kind),
            sum(any(doubt.kind is kind for doubt in s.doubts) for s in slices),
            len(slices),
            any(doubt.fatal for doubt in found),
            effects[kind],
        )
        for kind in kinds
        if (found := [doubt for s in slices for doubt in s.doubts if doubt.kind is kind])
    )


def _only_wrong(slices: Sequence[Slice]) -> bool:
    """Whether answers came for most of what was sent, and none was right."""
    outcomes = _outcomes(slices)
    wrong = outcomes[Outcome.WRONG_STATUS] + outcomes[Outcome.WRONG_BODY]
    sent = outcomes.total() - outcomes[Outcome.UNSENT]
    return not outcomes[Outcome.OK] and 2 * wrong > sent


def _outcomes(slices: Sequence[Slice]) -> Counter[Outcome]:
    """What became of all requests of these slices."""
    outcomes: Counter[Outcome] = Counter()
    for one in slices:
        outcomes.update(one.outcomes)
    return outcomes


def worst(values: Iterable[float], kind: DoubtKind) -> float:
    """Pick the value farthest from innocence: the lowest for shares that ought to be whole."""
    return min(values) if kind in _LOW_IS_BAD else max(values)


def invalid(slices: Sequence[Slice]) -> bool:
    """Whether a cell has no figures.

    None of its slices is usable, more than half are invalid, or the queue grew over all of the
    others together.
    """
    spoiled = sum(s.verdict is Verdict.INVALID for s in slices)
    if spoiled == len(slices) or spoiled > INVALID_SHARE * len(slices):
        return True
    return overload(slices) is not None


def verdict(slices: Sequence[Slice], doubts: Sequence[CellDoubt]) -> Verdict:
    """Judge a cell by its counted slices; suspect where a doubt is more than noted."""
    if invalid(slices):
        return Verdict.INVALID
    if any(doubt.effect is not Effect.NOTED for doubt in doubts):
        return Verdict.SUSPECT
    return Verdict.VALID


def overload(slices: Sequence[Slice]) -> float | None:
    """Share of what was due that was answered in all usable slices, where the queue was growing."""
    return growing_queue(
        [s for s in slices if s.cell.load.mode is Mode.OPEN and s.verdict is not Verdict.INVALID]
    )


def reason(slices: Sequence[Slice], doubts: Sequence[CellDoubt]) -> GrowingQueue | InvalidSlices:
    """Why an invalid cell has no figures: what came instead, or the commonest fatal doubt."""
    spoiled = sum(s.verdict is Verdict.INVALID for s in slices)
    share = overload(slices)
    if share is not None and spoiled <= INVALID_SHARE * len(slices):
        return GrowingQueue(len(slices) - spoiled, share)
    cause: WrongAnswers | WorstDoubt | None = _wrong_answers(slices)
    fatal = [doubt for doubt in doubts if doubt.fatal]
    if cause is None and fatal:
        commonest = max(fatal, key=lambda doubt: doubt.slices)
        cause = WorstDoubt(commonest.kind, commonest.worst)
    return InvalidSlices(spoiled, len(slices), cause)


def _wrong_answers(slices: Sequence[Slice]) -> WrongAnswers | None:
    """What came in place of right answers, where most were none."""
    outcomes = _outcomes(slices)
    right, requests = outcomes[Outcome.OK], outcomes.total()
    if not requests or 2 * right >= requests:
        return None
    shown = examples([each.examples for each in slices])
    failed = failures(outcomes, occurrences([each.statuses for each in slices]), shown)
    errors = [error for one in slices for error in one.errors]
    return WrongAnswers(right, requests, failed, next(iter([*shown.values(), *errors]), None))
