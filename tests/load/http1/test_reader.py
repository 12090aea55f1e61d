"""From received pieces to responses: bytes in, bodies out."""

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.load.http1 import reader as reader_module
from bench.load.http1.reader import Reader
from bench.load.http1.wire import Heads
from bench.load.net.limits import MAX_BODY, MAX_HEAD, MAX_INTERIM, MalformedResponseError

OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Case:
    """A whole response, and its body; `closing` where the connection's end is the body's."""

    raw: bytes
    body: bytes
    closing: bool = False
    bodiless: bool = False


CASES = {
    "content-length": Case(OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "empty": Case(OK + b"content-length: 0\r\n\r\n", b""),
    "long": Case(OK + b"content-length: 20000\r\n\r\n" + b"y" * 20000, b"y" * 20000),
    "chunked": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        b"hello world",
    ),
    "chunked, trailers": Case(
        OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nx: y\r\n\r\n", b"hi"
    ),
    "chunked, then close": Case(
        OK + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi"
    ),
    "until close": Case(OK + b"\r\nhello", b"hello", closing=True),
    "until close, empty": Case(OK + b"\r\n", b"", closing=True),
    "HTTP/1.0": Case(b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello", closing=True),
    "HTTP/1.0, length": Case(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", b"hi"),
    "204": Case(b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "304": Case(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", b""),
    "HEAD": Case(OK + b"content-length: 9\r\n\r\n", b"", bodiless=True),
    "HEAD, chunked": Case(OK + b"transfer-encoding: chunked\r\n\r\n", b"", bodiless=True),
    "interim": Case(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
        + OK + b"content-length: 2\r\n\r\nhi",
        b"hi",
    ),
    "interim, chunked": Case(
        b"HTTP/1.1 102 \r\n\r\n" + OK + b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"x",
    ),
    "an end of a head in the body": Case(
        OK + b"content-length: 6\r\n\r\n\r\n\r\nhi", b"\r\n\r\nhi"
    ),
}  # fmt: skip


def read(case: Case, pieces: list[bytes], heads: Heads | None = None) -> bytes | None:
    """Feed the pieces; the body must come with the last of them, or the end of the stream."""
    reader = Reader(heads or Heads(bodiless=case.bodiless))
    answers = [reader.feed(piece) for piece in pieces]
    if case.closing:
        answers.append(reader.end_of_stream())
    assert set(answers[:-1]) <= {None}
    return answers[-1]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_response_in_one_piece(case: Case) -> None:
    """Twice, because the second time its head is known."""
    heads = Heads(bodiless=case.bodiless)
    assert [read(case, [case.raw], heads) for _ in range(2)] == [case.body] * 2


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_response_one_byte_at_a_time(case: Case) -> None:
    """Slow servers are read like fast ones."""
    heads = Heads(bodiless=case.bodiless)
    pieces = [case.raw[at : at + 1] for at in range(len(case.raw))]
    assert [read(case, pieces, heads) for _ in range(2)] == [case.body] * 2


@given(name=st.sampled_from(sorted(CASES)), data=st.data())
def test_a_response_in_any_pieces(name: str, data: st.DataObject) -> None:
    """Where the network cuts a response makes no difference."""
    case = CASES[name]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(case.raw) - 1), max_size=6)))
    edges = [0, *cuts, len(case.raw)]
    pieces = [case.raw[start:end] for start, end in itertools.pairwise(edges)]
    assert read(case, pieces) == case.body


def test_responses_follow_each_other_on_one_reader() -> None:
    """Every kind after every other: nothing of one is left for the next."""
    reader = Reader(Heads())
    kinds = [case for case in CASES.values() if not (case.closing or case.bodiless)]
    for case in kinds + kinds[::-1]:
        half = len(case.raw) // 2
        assert reader.feed(case.raw[:half]) is None
        assert reader.feed(case.raw[half:]) == case.body


def test_the_head_is_that_of_the_last_response() -> None:
    """Status and headers are there as soon as the body is."""
    reader = Reader(Heads())
    reader.feed(b"HTTP/1.1 404 Not Found\r\nX-One: 1\r\ncontent-length: 0\r\n\r\n")
    assert reader.head.status == 404
    assert reader.head.headers == ((b"X-One", b"1"), (b"content-length", b"0"))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (OK + b"content-length: 2\r\n\r\nhi!", "1 bytes after the end"),
        (OK + b"content-length: 0\r\n\r\n" + OK + b"content-length: 0\r\n\r\n", "bytes after"),
        (b"HTTP/1.1 204 No Content\r\n\r\nbody", "4 bytes after"),
        (OK + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + OK, "bytes after"),
        (OK + b"transfer-encoding: chunked\r\n\r\nnot hex\r\n", "Invalid"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * MAX_HEAD, "head of more than"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * MAX_HEAD + b"\r\n\r\n", "head of more than"),
        (b"garbage\r\n\r\n", "garbage"),
    ],
)
def test_what_is_no_single_response_is_malformed(raw: bytes, reason: str) -> None:
    """More than one answer, an endless head, garbage: refused, whether the head is known or not."""
    heads = Heads()
    for _ in range(2):
        with pytest.raises(MalformedResponseError, match=reason):
            Reader(heads).feed(raw)


@pytest.mark.parametrize(
    ("raw", "missing"),
    [
        (OK + b"content-length: 6\r\n\r\nhello", b"!"),
        (OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", b"0\r\n\r\n"),
        (
            OK + b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nhello\r\n",
            b"0\r\n\r\n",
        ),
        (OK, b"content-length: 0\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", OK + b"content-length: 0\r\n\r\n"),
    ],
)
def test_a_response_that_is_cut_off_is_not_whole(raw: bytes, missing: bytes) -> None:
    """The connection's end completes only a body that has no other."""
    cut_off, whole = Reader(Heads()), Reader(Heads())
    assert cut_off.feed(raw) is None
    assert cut_off.end_of_stream() is None
    assert whole.feed(raw) is None
    assert whole.feed(missing) is not None


def test_an_endless_head_is_refused_in_bounded_memory() -> None:
    """It is given up after MAX_HEAD bytes, in whatever pieces they come."""
    reader = Reader(Heads())
    with pytest.raises(MalformedResponseError, match="head of more than"):  # noqa: PT012
        for _ in range(2 + MAX_HEAD // 1000):
            assert reader.feed(b"y" * 1000) is None


def test_a_flood_of_interim_responses_is_read_without_recursion() -> None:
    """Thousands of them in one piece are passed over."""
    reader = Reader(Heads())
    flood = b"HTTP/1.1 100 Continue\r\n\r\n" * 2500
    assert reader.feed(flood) is None
    assert reader.feed(flood + OK + b"content-length: 2\r\n\r\nhi") == b"hi"


def test_interim_responses_without_end_are_refused() -> None:
    """They are given up after MAX_INTERIM bytes, which each answer has again."""
    reader = Reader(Heads())
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    many = interim * (MAX_INTERIM // len(interim))
    for _ in range(2):
        assert reader.feed(many) is None
        assert reader.feed(OK + b"content-length: 2\r\n\r\nhi") == b"hi"
    with pytest.raises(MalformedResponseError, match="interim responses of more than"):
        reader.feed(many + interim)


def test_interim_responses_of_one_connection_do_not_add_up() -> None:
    """Each answer has the whole of MAX_INTERIM before it, one of a known head too."""
    reader = Reader(Heads())
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    many = interim * (MAX_INTERIM // len(interim))
    for _ in range(3):
        assert reader.feed(many) is None
        assert reader.feed(OK + b"content-length: 2\r\n\r\nhi") == b"hi"


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes() -> None:
    """No byte of it is kept."""
    with pytest.raises(MalformedResponseError, match="the most is"):
        Reader(Heads()).feed(OK + b"content-length: %d\r\n\r\n" % (MAX_BODY + 1))


@pytest.mark.parametrize("coding", [b"transfer-encoding: chunked\r\n", b""])
def test_a_body_without_a_length_is_refused_when_it_becomes_too_large(
    coding: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks and streams are counted as they come."""
    monkeypatch.setattr(reader_module, "MAX_BODY", 10_000)
    reader = Reader(Heads())
    assert reader.feed(OK + coding + b"\r\n") is None
    with pytest.raises(MalformedResponseError, match="body of more than"):  # noqa: PT012
        for _ in range(1000):
            assert reader.feed(b"3e8\r\n" + b"y" * 1000 + b"\r\n") is None


FRAGMENTS = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200\r\n", b"HTTP/1.1 101 x\r\n", b"HTTP/1.1 100 c\r\n\r\n",
    b"HTTP/1.1 204 n\r\n", b"content-length: 3\r\n", b"Content-Length: 99999999999999\r\n",
    b"transfer-encoding: chunked\r\n", b"connection: upgrade\r\nupgrade: h2c\r\n",
    b"connection: close\r\n", b"content-encoding: gzip\r\n", b"\r\n", b"\r\n\r\n", b"3\r\nabc\r\n",
    b"0\r\n\r\n", b"abc", b"\n", b"\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" folded\r\n",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(min_size=1, max_size=40))))
@example([b"HTTP/1.1 101 x\r\n", b"connection: upgrade\r\nupgrade: h2c\r\n", b"\r\n"])
@example([b"HTTP/1.1 100 c\r\n\r\n" * 3000])
def test_no_bytes_raise_anything_but_malformed(pieces: list[bytes]) -> None:
    """Whatever a server sends has an outcome; both alone and as one piece."""
    for fed in (pieces, [b"".join(pieces)] if any(pieces) else []):
        reader = Reader(Heads())
        try:
            for piece in fed:
                reader.feed(piece)
            reader.end_of_stream()
        except MalformedResponseError:
            pass
