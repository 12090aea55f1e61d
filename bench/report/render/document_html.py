"""A document as a page: one file that opens anywhere, without a network."""

from collections.abc import Iterator, Sequence
from itertools import count, groupby
from typing import Final

from markupsafe import Markup, escape

from bench.formatting import clean
from bench.report.document import (
    Block,
    Cell,
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
    Value,
)
from bench.report.render.inline import inlined
from bench.report.render.shell import page

_DEEPEST: Final = 6  # headings that HTML has
_ENOUGH_TO_SORT: Final = 2  # rows
_NOTHING: Final = Markup()
_SORTABLE: Final = Markup(' class="sortable asc n-last"')
_NUMERIC: Final = Markup(' class="num"')
_OPEN_CHARTS: Final = Markup('<div class="charts">\n')
_CLOSE_CHARTS: Final = Markup("</div>\n")
_LAST: Final = Markup(' data-sort=""')
_URGENT: Final = Markup(' role="alert"')


def html(document: Document) -> bytes:
    """Write a page with everything in it: styles, scripts and pictures."""
    return page(document.title, document.about, _body(document))


def grid(table: Table) -> Markup:
    """A table that scrolls by itself; it can be sorted where its figures have their values."""
    columns = table.columns
    rows = len(columns[0].cells)
    sortable = rows >= _ENOUGH_TO_SORT and any(_sortable(column) for column in columns)
    tones = table.tones or [Tone.PLAIN] * rows
    return _join(
        _fill(
            '<div class="scroll" tabindex="0" role="region" aria-label="{}">\n<table{}>\n'
            "<thead><tr>",
            table.title,
            _SORTABLE if sortable else _NOTHING,
        ),
        *(_heading(column, sortable=sortable) for column in columns),
        Markup("</tr></thead>\n<tbody>\n"),
        *(_row(columns, index, tone) for index, tone in enumerate(tones)),
        Markup("</tbody>\n</table>\n</div>\n"),
    )


def _body(document: Document) -> Markup:
    numbers = count(1)
    named = [
        (block, f"section-{next(numbers)}" if isinstance(block, DocumentSection) else "")
        for block in _opened(document.blocks)
    ]
    first = next((i for i, (block, _) in enumerate(named) if isinstance(block, DocumentSection)), 0)
    head = [block for block, _ in named[:first]]
    links = [(name, block.title) for block, name in named if isinstance(block, DocumentSection)]
    return _join(
        _fill("<h1>{}</h1>\n", document.title.removeprefix("Weighbridge: ")),
        _all(head, 2),
        _contents(links),
        *(_top(block, name) for block, name in named[first:]),
    )


def _opened(blocks: Sequence[Block]) -> Iterator[Block]:
    """Sections that files alone have are sections of a page."""
    for block in blocks:
        if isinstance(block, FilesOnly):
            yield from _opened(block.blocks)
        else:
            yield block


def _contents(links: Sequence[tuple[str, str]]) -> Markup:
    shown = (_fill('<a href="#{}">{}</a> ', name, title) for name, title in links)
    return _join(Markup('<nav aria-label="Contents">'), *shown, Markup("</nav>\n"))


def _top(block: Block, name: str) -> Markup:
    if not isinstance(block, DocumentSection):
        return _all([block], 2)
    return _join(
        _fill('<section id="{0}" aria-labelledby="{0}-title">\n<h2 id="{0}-title">', name),
        _fill("{}</h2>\n", block.title),
        _all(block.blocks, 3),
        Markup("</section>\n"),
    )


def _all(blocks: Sequence[Block], level: int) -> Markup:
    """Blocks in their order; pictures that follow each other stand beside each other."""
    grouped = groupby(blocks, key=lambda block: isinstance(block, Picture))
    parts: list[Markup] = []
    for pictures, held in grouped:
        shown = [_one(block, level) for block in held]
        parts += [_OPEN_CHARTS, *shown, _CLOSE_CHARTS] if pictures else shown
    return _join(*parts)


def _one(block: Block, level: int) -> Markup:
    match block:
        case FilesOnly():
            return _all(block.blocks, level)
        case Folded():
            opened = _fill("<details><summary>{}</summary>\n", block.title)
            return _join(opened, _all(block.blocks, level), Markup("</details>\n"))
        case DocumentSection():
            heading = _fill("<h{0}>{1}</h{0}>\n", min(level, _DEEPEST), block.title)
            return _join(heading, _all(block.blocks, level + 1))
        case _:
            return _leaf(block)


def _leaf(block: KeySentence | Texts | Table | Picture | CodeBlock | Notes) -> Markup:
    match block:
        case KeySentence():
            return _fill('<p class="answer {}">{}</p>\n', block.tone, block.text)
        case Texts():
            return _texts(block)
        case Table():
            return grid(block)
        case Picture():
            drawn = Markup(inlined(block.svg, block.name, block.title))  # noqa: S704  # drawn by us
            return _fill('<figure class="chart">{}</figure>\n', drawn)
        case CodeBlock():
            return _fill('<pre tabindex="0">{}</pre>\n', block.text.strip())
        case Notes():
            notes = (_fill('<li value="{}">{}</li>\n', n, text) for n, text in block.texts)
            return _join(Markup('<ol class="notes">\n'), *notes, Markup("</ol>\n"))


def _texts(block: Texts) -> Markup:
    if not block.texts:
        return _NOTHING
    lead = _fill("<p><b>{}</b></p>\n", block.lead) if block.lead else _NOTHING
    if block.listed:
        items = (_fill("<li>{}</li>\n", text) for text in block.texts)
        said = _join(Markup("<ul>\n"), *items, Markup("</ul>\n"))
    else:
        said = _join(*(_fill("<p>{}</p>\n", text) for text in block.texts))
    role = _URGENT if block.tone is Tone.ALARM else _NOTHING
    return _fill('<div class="texts {}"{}>\n{}{}</div>\n', block.tone, role, lead, said)


def _heading(column: Column, *, sortable: bool) -> Markup:
    classes = ["num"] if column.numeric else []
    if sortable and column.numeric and not _sortable(column):
        classes.append("no-sort")
    named = _fill(' class="{}"', " ".join(classes)) if classes else _NOTHING
    unit = _fill("<small>{}</small>", column.unit) if column.unit else _NOTHING
    return _fill('<th scope="col"{}>{}{}</th>', named, column.title, unit)


def _row(columns: Sequence[Column], index: int, tone: Tone) -> Markup:
    toned = _NOTHING if tone is Tone.PLAIN else _fill(' class="{}"', tone)
    cells = (_cell(column.cells[index], numeric=column.numeric) for column in columns)
    return _join(_fill("<tr{}>", toned), *cells, Markup("</tr>\n"))


def _cell(cell: Cell, *, numeric: bool) -> Markup:
    right = _NUMERIC if numeric else _NOTHING
    if isinstance(cell, str):
        return _fill("<td{}{}>{}</td>", right, _LAST if numeric else _NOTHING, cell)
    sort = "" if cell.sort is None else repr(cell.sort)
    small = _fill("<small>{}</small>", cell.detail) if cell.detail else _NOTHING
    return _fill('<td{} data-sort="{}">{}{}</td>', right, sort, cell.text, small)


def _sortable(column: Column) -> bool:
    """Whether its figures can be put in order: a figure as text alone sorts by its digits."""
    return any(isinstance(cell, Value) for cell in column.cells)


def _fill(template: str, *parts: object) -> Markup:
    """Put texts into a template of ours: what is no markup already is escaped."""
    shown = (part if isinstance(part, Markup) else escape(clean(str(part))) for part in parts)
    return Markup(template).format(*shown)  # noqa: S704  # templates are ours


def _join(*parts: Markup) -> Markup:
    return Markup().join(parts)
