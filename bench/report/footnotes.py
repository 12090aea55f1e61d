"""Doubts as numbered footnotes: one for each kind, however many cells it was raised in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.analysis.model import CellDoubt, CellRow, Effect, Summary
from bench.analysis.verdicts import worst
from bench.doubts import advice, says
from bench.facts.slice import DoubtKind
from bench.formatting import common, load_in_words, plural


@dataclass(frozen=True, slots=True)
class Footnote:
    """What one kind of doubt says at its worst, where it was raised, and what to do."""

    number: int
    says: str
    seen: str
    advice: str

    @property
    def text(self) -> str:
        """The whole footnote as sentences."""
        return f"{_sentence(self.says)} Seen in {self.seen}. Advice: {_sentence(self.advice)}"


def footnotes(summary: Summary) -> dict[DoubtKind, Footnote]:
    """Number the kinds of doubt in the order in which a reader meets them."""
    kinds = list(dict.fromkeys(doubt.kind for _, doubt in _raised(summary)))
    return {kind: _footnote(number, kind, summary) for number, kind in enumerate(kinds, 1)}


def marks(row: CellRow, notes: dict[DoubtKind, Footnote]) -> str:
    """The footnotes of one cell: "[1, 3] (2)"; in brackets those that make it suspect."""
    bracketed = (f"[{numbers(row, notes)}]", f"({numbers(row, notes, noted=True)})")
    return " ".join(text for text in bracketed if len(text) > len("()"))


def numbers(row: CellRow, notes: dict[DoubtKind, Footnote], *, noted: bool = False) -> str:
    """Those that make a cell suspect or invalid, or those that are merely noted: "1, 3"."""
    found = [doubt.kind for doubt in row.doubts if (doubt.effect is Effect.NOTED) is noted]
    return listed(found, notes)


def listed(kinds: Iterable[DoubtKind], notes: dict[DoubtKind, Footnote]) -> str:
    """The numbers of these kinds, rising: "1, 3"."""
    return ", ".join(map(str, sorted(notes[kind].number for kind in kinds)))


MARKS: Final = (
    "Numbers in [ ] next to a verdict are doubts that the verdict depends on: without the "
    "exposures in which they were raised, a figure leaves its interval, or there is nothing "
    "left to compare with. Numbers in ( ) are noted only: no figure depends on them."
)


def _raised(summary: Summary) -> Iterator[tuple[CellRow, CellDoubt]]:
    for section in summary.sections:
        for row in section.rows:
            for doubt in row.doubts:
                yield row, doubt


def _footnote(number: int, kind: DoubtKind, summary: Summary) -> Footnote:
    raised = [(row, doubt) for row, doubt in _raised(summary) if doubt.kind is kind]
    at_worst = worst((doubt.worst for _, doubt in raised), kind)
    cells = sum(bool(row.slices_counted) for section in summary.sections for row in section.rows)
    sent = common(row.cell.load.sent for row, _ in raised)
    return Footnote(number, says(kind, at_worst, sent), _seen(raised, cells), advice(kind, sent))


def _seen(raised: list[tuple[CellRow, CellDoubt]], cells: int) -> str:
    if len(raised) == cells and all(doubt.slices == doubt.of for _, doubt in raised):
        return "every exposure"
    row, doubt = max(raised, key=lambda pair: pair[1].slices / pair[1].of)
    place = (
        f"{row.profile} ({row.cell.workload}, {load_in_words(row.cell.load)}; "
        f"{doubt.slices} of {plural(doubt.of, 'exposure')})"
    )
    return place if len(raised) == 1 else f"{len(raised)} of {cells} cells, most in {place}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
