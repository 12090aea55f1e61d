"""A report as values: what is said and how it is meant, whatever it is rendered to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TypeAlias


class Tone(StrEnum):
    """How a text or a row is meant; each renderer has its own way to show it."""

    PLAIN = auto()
    STRONG = auto()
    GOOD = auto()
    DOUBTFUL = auto()
    BAD = auto()
    ALARM = auto()
    ASIDE = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A figure in a cell: the figure, what stands beside it in brackets, and its sort key."""

    text: str
    detail: str = ""
    sort: float | None = None

    def __str__(self) -> str:
        return f"{self.text} ({self.detail})" if self.detail else self.text


Cell: TypeAlias = str | Value
"""What stands in a cell; as a string it is whole, and `Value` keeps its parts for sorting."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `weight`: the lightest goes first where there is too little room."""

    title: str
    unit: str
    cells: Sequence[Cell]
    weight: int
    numeric: bool = True

    @property
    def heading(self) -> str:
        """Title and unit on one line."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, slots=True)
class KeySentence:
    """The one sentence that a reader came for."""

    text: str
    tone: Tone = Tone.STRONG


@dataclass(frozen=True, slots=True)
class Texts:
    """Sentences: a list, or paragraphs. lead: a few words before them; "": none."""

    texts: Sequence[str]
    tone: Tone = Tone.PLAIN
    lead: str = ""
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table. title: what it is of, for who cannot see where it stands. tones: one a row."""

    title: str
    columns: Sequence[Column]
    tones: Sequence[Tone] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart. title: what it shows in words; link: its file beside the report."""

    name: str
    title: str
    link: str
    svg: bytes


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Text to copy, or the output of a program. language: as Markdown names it."""

    text: str
    language: str = "text"


@dataclass(frozen=True, slots=True)
class Notes:
    """Footnotes, each with the number by which other texts refer to it."""

    texts: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class DocumentSection:
    """Blocks below a heading; sections may be nested."""

    title: str
    blocks: Sequence["Block"]


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that a page shows when they are asked for; a terminal does without."""

    title: str
    blocks: Sequence["Block"]


@dataclass(frozen=True, slots=True)
class FilesOnly:
    """Blocks that a terminal has no room for."""

    blocks: Sequence["Block"]


Block: TypeAlias = (
    KeySentence | Texts | Table | Picture | CodeBlock | Notes | DocumentSection | Folded | FilesOnly
)


@dataclass(frozen=True, slots=True)
class Document:
    """A report.

    about: what it is of, in a line beside the program's name. elsewhere: where columns stand that
    a terminal has no room for.
    """

    title: str
    about: str
    blocks: Sequence[Block]
    elsewhere: str


def paragraphs(*texts: str, tone: Tone = Tone.PLAIN) -> Texts:
    """Sentences that are no list; empty ones are left out."""
    return Texts([text for text in texts if text], tone, listed=False)


def section(title: str, *blocks: Block) -> list[DocumentSection]:
    """A section, or nothing where there is nothing to be said in it."""
    held = [block for block in blocks if not (isinstance(block, Texts) and not block.texts)]
    return [DocumentSection(title, held)] if held else []
