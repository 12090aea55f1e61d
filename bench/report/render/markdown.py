"""A document as Markdown: fit for a pull request; what comes from outside stays text."""

import re
from collections.abc import Iterator, Sequence

from bench.formatting import clean
from bench.report.document import (
    Block,
    CodeBlock,
    Column,
    Document,
    DocumentSection,
    FilesOnly,
    Folded,
    KeySentence,
    Notes,
    Picture,
    Table,
    Texts,
    Tone,
)


def markdown(document: Document) -> bytes:
    """Write a document; pictures are referred to by their links."""
    parts = [f"# {escape(document.title)}", *_all(document.blocks, 2)]
    return ("\n\n".join(parts) + "\n").encode()


def escape(text: str) -> str:
    """Make text safe in a paragraph or a table's cell, where it shows as it is."""
    one_line = " ".join(clean(text).split())
    html = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = re.sub(r"([\\`*|\[\]~#!])", r"\\\1", html)
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", marked)  # inside words it marks nothing


def fenced(text: str, language: str = "text") -> str:
    """Show text as a block of code; the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{clean(text).strip()}\n{fence}"


def table(columns: Sequence[Column]) -> str:
    """Shape columns as a table; what stands in them shows as it is."""
    rows = zip(*(column.cells for column in columns), strict=True)
    lines = [
        [escape(column.heading) for column in columns],
        ["---:" if column.numeric else ":---" for column in columns],
        *([escape(str(cell)) for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _all(blocks: Sequence[Block], level: int) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, DocumentSection):
            yield f"{'#' * level} {escape(block.title)}"
            yield from _all(block.blocks, level + 1)
        elif isinstance(block, Folded):
            yield f"<details><summary>{escape(block.title)}</summary>"
            yield from _all(block.blocks, level)
            yield "</details>"
        elif isinstance(block, FilesOnly):
            yield from _all(block.blocks, level)
        elif isinstance(block, Texts):
            yield from _texts(block)
        else:
            yield _one(block)


def _one(block: KeySentence | Table | Picture | CodeBlock | Notes) -> str:
    match block:
        case KeySentence():
            return f"**{escape(block.text)}**"
        case Table():
            return table(block.columns)
        case Picture():
            return f"![{escape(block.title)}]({block.link})"
        case CodeBlock():
            return fenced(block.text, block.language)
        case Notes():
            return "\n".join(f"{number}. {escape(text)}" for number, text in block.texts)


def _texts(block: Texts) -> Iterator[str]:
    loud = "**" if block.tone is Tone.ALARM else ""
    said = [f"{loud}{escape(text)}{loud}" for text in block.texts]
    if said and block.lead:
        yield f"**{escape(block.lead)}**"
    if block.listed and said:
        yield "\n".join(f"- {text}" for text in said)
    elif not block.listed:
        yield from (f"> {text}" if loud else text for text in said)
