"""Events are told apart by what is in a body, however it is cut into reads."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load.events.parsers import MAX_EVENT, EventParser, SseParser, parser_of
from bench.load.net.limits import MalformedResponseError
from bench.workload import StreamForm, sse_data

SSE = [
    pytest.param(b"data: 1\n\ndata: 2\n\n", [b"data: 1", b"data: 2"], id="line feeds"),
    pytest.param(b"data: 1\r\n\r\ndata: 2\r\n\r\n", [b"data: 1", b"data: 2"], id="both"),
    pytest.param(b"data: 1\r\rdata: 2\r\r", [b"data: 1", b"data: 2"], id="carriage returns"),
    pytest.param(b"data: 1\r\n\ndata: 2\n\r", [b"data: 1", b"data: 2"], id="mixed"),
    pytest.param(b"data: 1\r\n\r\n\r\n\n\rdata: 2\n\n", [b"data: 1", b"data: 2"], id="blank lines"),
    pytest.param(b"id: 7\nevent: x\ndata: a\ndata: b\n\n", [b"id: 7\nevent: x\ndata: a\ndata: b"],
                 id="all lines of an event"),
    pytest.param(b": ping\n\n:\n\ndata: 1\n\n", [b"data: 1"], id="comments are no events"),
    pytest.param(b"data: 1\n: ping\n\n", [b"data: 1"], id="a comment within an event"),
    pytest.param(b"retry: 5\n\nid: 1\n\ndata: 1\n\n", [b"data: 1"], id="no data, no event"),
    pytest.param(b"data\n\ndata:\n\n", [b"data", b"data:"], id="empty data"),
    pytest.param(b"database: 1\n\n", [], id="a field that begins alike"),
    pytest.param(b"\xef\xbb\xbfdata: 1\n\n", [b"data: 1"], id="a byte order mark"),
    pytest.param(b"data: 1\n\ndata: 2\n", [b"data: 1"], id="cut off in an event"),
    pytest.param(b"", [], id="nothing"),
]  # fmt: skip
LINES = [
    pytest.param(b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}'], id="line feeds"),
    pytest.param(b"1\r\n2\r\n", [b"1", b"2"], id="with carriage returns"),
    pytest.param(b"1\n\n\r\n2\n", [b"1", b"2"], id="blank lines are no events"),
    pytest.param(b"1\n2", [b"1", b"2"], id="the last need not end"),
    pytest.param(b"a\rb\n", [b"a\rb"], id="a carriage return within a line"),
    pytest.param(b"", [], id="nothing"),
]
PIECES = st.sampled_from([b"\r", b"\n", b"data", b": ", b":", b"id", b"a", b"\xef\xbb\xbf"])


def events(form: StreamForm, pieces: list[bytes]) -> list[bytes]:
    """The events of a body that comes in pieces."""
    parser = parser_of(form)
    found = [event for piece in pieces for event in parser.feed(piece)]
    return found + parser.end()


def cut(body: bytes, at: list[int]) -> list[bytes]:
    """A body in pieces, some of them empty."""
    places = [0, *sorted(place % (len(body) + 1) for place in at), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(places)]


def feed_again_and_again(parser: EventParser, piece: bytes) -> None:
    """Feed more than one event may have."""
    for _ in range(MAX_EVENT // len(piece) + 1):
        parser.feed(piece)


@pytest.mark.parametrize(("body", "expected"), SSE)
def test_server_sent_events(body: bytes, expected: list[bytes]) -> None:
    """As the standard has them, whole and byte by byte."""
    assert events(StreamForm.SSE, [body]) == expected
    assert events(StreamForm.SSE, [bytes([byte]) for byte in body]) == expected


@pytest.mark.parametrize(("body", "expected"), LINES)
def test_lines(body: bytes, expected: list[bytes]) -> None:
    """Each that is not empty is an event, whole and byte by byte."""
    assert events(StreamForm.LINES, [body]) == expected
    assert events(StreamForm.LINES, [bytes([byte]) for byte in body]) == expected


@given(st.lists(PIECES).map(b"".join), st.lists(st.integers(0, 1000)))
def test_no_cut_changes_the_events(body: bytes, at: list[int]) -> None:
    """Of neither form."""
    for form in (StreamForm.SSE, StreamForm.LINES):
        assert events(form, [body]) == events(form, cut(body, at))


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=5), st.lists(st.integers(0, 99)))
def test_a_chunk_is_an_event_in_how_many_pieces_it_comes(
    chunks: list[bytes], at: list[int]
) -> None:
    """What is in it does not matter."""
    parser = parser_of(StreamForm.CHUNKS)
    found = []
    for chunk in [*chunks, b""]:  # the last, which ends the body
        for piece in cut(chunk, at):
            found += parser.feed(piece)
        found += parser.end_chunk()
    assert found + parser.end() == chunks


@pytest.mark.parametrize("form", list(StreamForm))
@pytest.mark.parametrize("piece", [b"x" * 4096, b"data: " + b"x" * 4000 + b"\n"])
def test_an_event_without_end_is_refused(form: StreamForm, piece: bytes) -> None:
    """Memory is bounded; lines that end are events where each line is one."""
    parser = parser_of(form)
    if form is StreamForm.LINES and piece.endswith(b"\n"):
        assert all(len(parser.feed(piece)) == 1 for _ in range(MAX_EVENT // len(piece) + 1))
        return
    with pytest.raises(MalformedResponseError, match="an event of more than 1048576 bytes"):
        feed_again_and_again(parser, piece)


def test_comments_without_end_take_no_memory() -> None:
    """They are forgotten as they come."""
    parser = SseParser()
    for _ in range(2 * MAX_EVENT // 4096):
        assert parser.feed(b":" * 4095 + b"\n") == []
    assert parser.feed(b"data: 1\n\n") == [b"data: 1"]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: 1", b"1"),
        (b"data:1", b"1"),
        (b"data:  1", b" 1"),
        (b"id: 2\ndata: a\nevent: x\ndata: b: c", b"a\nb: c"),
        (b"data", b""),
        (b"id: 2\ndatabase: 1\ndata:", b""),
    ],
)
def test_the_data_of_an_event(event: bytes, data: bytes) -> None:
    """All of its lines of that name, one space taken off."""
    assert sse_data(event) == data
