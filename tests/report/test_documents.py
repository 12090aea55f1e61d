"""A document says the same on a terminal, as Markdown and as a page, and stays text."""

from html.parser import HTMLParser

import pytest
from rich.console import Console

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
    Value,
    paragraphs,
    section,
)
from bench.report.render.document_html import html
from bench.report.render.markdown import markdown
from bench.report.render.terminal import terminal

EVIL = "<img src=x onerror=alert(1)>[red]|\u202e"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0" style="fill: #1f2328"/></svg>'


def of(*blocks: Block) -> Document:
    """A document of these blocks."""
    return Document("Weighbridge: a report", "2026-01-02", blocks, "see report.md")


def everything(text: str) -> Document:
    """Every kind of block, each with this text in it."""
    table = Table(text, [Column(text, text, [text, Value(text, text, 2.0)], 1)], [Tone.BAD] * 2)
    inside: list[Block] = [
        table,
        Texts([text], Tone.DOUBTFUL, lead=text),
        paragraphs(text, tone=Tone.ALARM),
        CodeBlock(text),
        Notes([(1, text)]),
        Picture("chart", text, "charts/chart.svg", SVG),
        Folded(text, [Texts([text])]),
        DocumentSection(text, [FilesOnly([Texts([text])])]),
    ]
    return Document(text, text, [KeySentence(text), DocumentSection(text, inside)], text)


def printed(document: Document, width: int = 100) -> str:
    """What a console of this width shows, without colours."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(document))
    return capture.get()


def lines(document: Document) -> list[str]:
    """The same without blanks at the ends of lines."""
    return [line.rstrip() for line in printed(document).splitlines()]


class Words(HTMLParser):
    """Elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.found: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page.partition("<main>")[2].partition("</main>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that opens."""
        self.opened.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.found += [data.strip()] if data.strip() else []


def page(document: Document) -> Words:
    """What a page shows."""
    return Words(html(document).decode())


FIGURES = Table(
    "figures",
    [
        Column("server", "", ["uvicorn", "daphne"], 2, numeric=False),
        Column("p50", "ms", [Value("1.20", "1.10 to 1.30", 1.2), "none"], 1),
    ],
)


def test_a_figure_stands_with_its_interval_everywhere() -> None:
    """In brackets as text; on a page small beside it, and sorted by its value."""
    document = of(FIGURES)
    assert "| uvicorn | 1.20 (1.10 to 1.30) |" in markdown(document).decode()
    assert "uvicorn  1.20 (1.10 to 1.30)" in printed(document)
    text = html(document).decode()
    assert '<td class="num" data-sort="1.2">1.20<small>1.10 to 1.30</small></td>' in text


def test_a_cell_without_a_figure_is_sorted_last() -> None:
    """Its text is no number."""
    assert '<td class="num" data-sort="">none</td>' in html(of(FIGURES)).decode()


def test_a_table_of_texts_alone_cannot_be_sorted_by_numbers() -> None:
    """Digits in a text sort as letters do: 10 before 9."""
    columns = [Column("requests", "", ["9", "10"], 1)]
    assert 'class="sortable' not in html(of(Table("t", columns))).decode()
    assert 'class="sortable' in html(of(FIGURES)).decode()


def test_sections_nest() -> None:
    """By headings of a lower rank."""
    document = of(DocumentSection("Outer", [DocumentSection("Inner", [paragraphs("said")])]))
    assert markdown(document) == b"# Weighbridge: a report\n\n## Outer\n\n### Inner\n\nsaid\n"
    assert lines(document) == ["", "Outer", "", "Inner", "said"]
    assert page(document).found == ["a report", "Outer", "Outer", "Inner", "said"]


def test_what_follows_a_section_on_a_terminal_stands_apart_from_it() -> None:
    """There is no other sign that the section has ended."""
    document = of(DocumentSection("Heading", [paragraphs("inside")]), paragraphs("below"))
    assert lines(document) == ["", "Heading", "inside", "", "below"]


def test_a_terminal_has_no_room_for_what_only_files_have() -> None:
    """Nor for the heading of a section in which nothing else stands."""
    hidden: list[Block] = [
        FilesOnly([paragraphs("hidden")]),
        Folded("more", [paragraphs("folded")]),
    ]
    document = of(DocumentSection("Heading", hidden), paragraphs("seen"))
    assert lines(document) == ["seen"]
    assert "hidden" in markdown(document).decode()
    assert {"hidden", "more", "folded"} <= set(page(document).found)


def test_a_section_in_which_nothing_is_said_is_not_there() -> None:
    """Texts without a sentence are nothing."""
    assert section("Heading", Texts([])) == []
    (found,) = section("Heading", Texts([]), Texts(["said"]))
    assert found.blocks == [Texts(["said"])]


def test_notes_keep_the_numbers_that_texts_refer_to_them_by() -> None:
    """On a terminal in brackets."""
    document = of(Notes([(2, "second"), (5, "fifth")]))
    assert lines(document) == ["[2] second", "[5] fifth"]
    assert "2. second\n5. fifth\n" in markdown(document).decode()
    assert '<li value="5">fifth</li>' in html(document).decode()


def test_an_alarm_is_loud() -> None:
    """Bold in Markdown, an alert on a page."""
    document = of(paragraphs("no figure is to be trusted", tone=Tone.ALARM))
    assert "> **no figure is to be trusted**" in markdown(document).decode()
    assert 'class="texts alarm" role="alert"' in html(document).decode()


def test_a_picture_is_in_the_page_and_beside_the_markdown() -> None:
    """With a text for who cannot see it."""
    document = of(Picture("chart", "What it shows", "charts/chart.svg", SVG))
    assert "![What it shows](charts/chart.svg)" in markdown(document).decode()
    assert 'aria-label="What it shows"' in html(document).decode()
    assert printed(document) == ""


def test_what_comes_from_outside_is_text_in_a_page() -> None:
    """In every block."""
    found = page(everything(EVIL))
    assert "img" not in found.opened
    assert "onerror" not in dict(found.attributes)
    assert "\u202e" not in "".join(found.found)
    assert sum("<img src=x" in each for each in found.found) > 10


def test_what_comes_from_outside_is_text_in_markdown_and_on_a_terminal() -> None:
    """Neither markup of HTML nor colours."""
    text = markdown(everything(EVIL)).decode()
    outside = text.partition("```text")[0] + text.partition("```\n\n")[2]
    assert "<img" not in outside
    assert "[red]" in printed(everything(EVIL), 200)


@pytest.mark.parametrize("tone", Tone)
def test_every_tone_can_be_shown(tone: Tone) -> None:
    """By all renderers, for texts, answers and lines."""
    table = Table("t", [Column("c", "", ["cell"], 1)], [tone])
    document = of(KeySentence("answer", tone), Texts(["text"], tone), table)
    assert {"answer", "text", "cell"} <= set(page(document).found)
    assert "answer\ntext" in "\n".join(lines(document))
    assert "cell" in markdown(document).decode()
