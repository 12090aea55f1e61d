"""The reader under any bytes: refused or read, the same in any pieces, within bounded memory."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat

import h11
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from bench.load.http1 import reader as reader_module
from bench.load.http1.reader import Reader, _Measured, _Stream
from bench.load.http1.wire import Heads, parse_head
from bench.load.net.limits import MAX_HEAD, MalformedResponseError
from bench.load.net.link import RECEIVE_BYTES
from bench.load.net.memory import ROOM, BodyMemory, Share
from bench.system import clock
from tests.load.hostile import ANYTHING, CUTS, cut, effort, likely_responses, mutated

NS = 1_000_000_000
OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Read:
    """What became of a response: its body, and what is known of it then."""

    body: bytes
    status: int
    keep_alive: bool


Seen = Read | str
REFUSED = "refused"
CUT_OFF = "cut off"


def seen_by_reader(pieces: Iterable[bytes], heads: Heads) -> Seen:
    """Feed the pieces, up to the first body, and then the end of the stream."""
    reader = Reader(heads)
    body = None
    try:
        for piece in pieces:
            if (body := reader.feed(piece)) is not None:
                break
    except MalformedResponseError:
        return REFUSED
    body = reader.end_of_stream() if body is None else body
    if body is None:
        return CUT_OFF
    return Read(body, reader.head.status, reader.head.keep_alive)


def seen_by_h11(raw: bytes, method: str) -> tuple[Seen, bytes]:
    """What another implementation makes of the same bytes, and what it leaves of them."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    connection.send(h11.EndOfMessage())
    body, status = b"", 0
    try:
        connection.receive_data(raw)
        while True:
            match connection.next_event():
                case h11.Response() as response:
                    status = response.status_code
                case h11.Data() as data:
                    body += bytes(data.data)
                case h11.EndOfMessage():
                    keeps = connection.their_state is h11.DONE
                    return Read(body, status, keeps), connection.trailing_data[0]
                case h11.NEED_DATA:
                    connection.receive_data(b"")
    except h11.RemoteProtocolError:
        return REFUSED, b""


@effort(200)
@given(ANYTHING, CUTS, CUTS, st.booleans())
def test_any_bytes_mean_the_same_in_any_pieces(
    raw: bytes,
    cuts: set[int],
    others: set[int],
    bodiless: bool,  # noqa: FBT001
) -> None:
    """A body is the same however it comes; where all is refused at once, no two bodies are read.

    Nothing but MalformedResponseError is raised.
    """
    whole, one, other = (
        seen_by_reader(pieces, Heads(bodiless=bodiless))
        for pieces in ([raw] if raw else [], cut(raw, cuts), cut(raw, others))
    )
    event(whole if isinstance(whole, str) else "read")
    if isinstance(whole, Read):
        assert whole == one == other
    elif whole == CUT_OFF:
        assert one == other == CUT_OFF
    else:  # of what has bytes too many, the beginning may be read before they come
        assert len({each for each in (one, other) if isinstance(each, Read)}) <= 1


@effort(100)
@given(ANYTHING, CUTS)
def test_what_was_seen_before_means_what_it_meant(raw: bytes, cuts: set[int]) -> None:
    """Heads that are remembered change nothing."""
    heads = Heads()
    first, *others = (seen_by_reader(cut(raw, cuts), heads) for _ in range(3))
    assert others == [first] * 2


@effort(200)
@given(ANYTHING, st.sampled_from(["GET", "HEAD"]))
@example(b"HTTP/1.0 200 O\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n", "GET")
@example(b"HTTP/1.1 304 N\r\nconnection: close\r\ncontent-length: 5\r\n\r\n", "GET")
def test_it_never_reads_another_body_than_h11(raw: bytes, method: str) -> None:
    """Where both accept, status and body agree, and a connection that h11 gives up is not kept.

    But h11 never keeps one of HTTP/1.0, which may be kept if the server says so.
    """
    ours = seen_by_reader([raw] if raw else [], Heads(bodiless=method == "HEAD"))
    theirs, _ = seen_by_h11(raw, method)
    event(f"{ours if isinstance(ours, str) else 'read'}, {'read' if ours == theirs else 'else'}")
    if isinstance(ours, Read) and isinstance(theirs, Read):
        assert (ours.status, ours.body) == (theirs.status, theirs.body)
        assert theirs.keep_alive or not ours.keep_alive or b"HTTP/1.0" in raw


STRICTER = {
    "bare LF": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nhi",
    "a folded header": OK + b"x: y\r\n folded\r\ncontent-length: 2\r\n\r\nhi",
    "both framings": (
        OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    ),
    "content-length twice": OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\nhi",
    "bytes after the end": OK + b"content-length: 2\r\n\r\nhi!",
    "a body of 204": b"HTTP/1.1 204 No\r\n\r\nhi",
    "a space after a chunk's size": OK + b"transfer-encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n",
    "a framing trailer": OK + b"transfer-encoding: chunked\r\n\r\n0\r\ncontent-length: 5\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nhi",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\ncontent-length: 2\r\n\r\nhi",
}  # fmt: skip


@pytest.mark.parametrize("raw", STRICTER.values(), ids=STRICTER)
def test_it_is_stricter_than_h11(raw: bytes) -> None:
    """What h11 puts up with is refused or never ends: load is for servers that speak plainly."""
    assert isinstance(seen_by_h11(raw, "GET")[0], Read)
    assert seen_by_reader([raw], Heads()) in {REFUSED, CUT_OFF}


LAXER = {
    "another coding, then chunked": (
        OK + b"transfer-encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi",
    ),
    "another coding alone": (OK + b"transfer-encoding: identity\r\n\r\nhi", b"hi"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "body"), LAXER.values(), ids=LAXER)
def test_it_is_laxer_than_h11_where_the_standard_says_how(raw: bytes, body: bytes) -> None:
    """RFC 9112, section 6.3: where the last coding is not chunked, the body ends by closing."""
    assert seen_by_h11(raw, "GET")[0] == REFUSED
    seen = seen_by_reader([raw], Heads())
    assert isinstance(seen, Read)
    assert seen.body == body


@effort(100)
@given(mutated(likely_responses()))
def test_a_head_is_read_or_malformed(raw: bytes) -> None:
    """Parsing alone raises nothing else either, and says what can be true."""
    try:
        head = parse_head(raw, bodiless=False)
    except MalformedResponseError:
        pass
    else:
        assert 100 <= head.status <= 999
        assert head.length is None or 0 <= head.length < 2**64
        assert not (head.until_close and head.keep_alive)


def held(reader: Reader) -> int:
    """Bytes that a reader keeps of what it was fed."""
    body = reader._body
    size = sys.getsizeof(reader._rest)
    if isinstance(body, _Measured):
        size += sys.getsizeof(body._pieces)
    if isinstance(body, _Stream):
        size += sys.getsizeof(body._seen.body)
    return size


CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
SMALL_BODY = 1024 * 1024  # in place of MAX_BODY: the same bound, sooner reached
HELD = SMALL_BODY * 9 // 8 + MAX_HEAD + RECEIVE_BYTES
FLOODS: dict[str, tuple[bytes, bytes]] = {
    "a head without end": (OK + b"x: ", b"y"),
    "headers without end": (OK, b"x: y\r\n"),
    "interim responses": (b"", b"HTTP/1.1 100 C\r\n\r\n"),
    "large interim responses": (b"", b"HTTP/1.1 103 H\r\nlink: " + b"y" * 5000 + b"\r\n\r\n"),
    "chunks": (CHUNKED, b"5\r\nhello\r\n"),
    "a chunk without end": (CHUNKED + b"7fffffff\r\n", b"y"),
    "a chunk's size without end": (CHUNKED, b"0"),
    "a chunk's extension without end": (CHUNKED + b"1;", b"x"),
    "trailers without end": (CHUNKED + b"0\r\n", b"x: y\r\n"),
    "a trailer without end": (CHUNKED + b"0\r\nx: ", b"y"),
    "a body until close": (OK + b"\r\n", b"y"),
    "a body of 1 GiB": (OK + b"content-length: 1073741824\r\n\r\n", b"y"),
    "a body as large as can be": (OK + b"content-length: 1048576\r\n\r\n", b"y"),
    "nothing but lines": (b"", b"\r\n"),
    "nothing but zeros": (b"", b"\0"),
}


def flood(first: bytes, then: bytes, piece: int) -> Iterator[bytes]:
    """Endlessly the same, in pieces of about a size."""
    return chain([first] if first else [], repeat(then * max(1, piece // len(then))))


@pytest.mark.parametrize("piece", [100, RECEIVE_BYTES])
@pytest.mark.parametrize(("first", "then"), FLOODS.values(), ids=FLOODS)
def test_a_flood_is_refused_and_never_held(
    first: bytes, then: bytes, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader keeps no more than the largest body, the largest head and one piece received."""
    monkeypatch.setattr(reader_module, "MAX_BODY", SMALL_BODY)
    reader, most, ended = Reader(Heads()), 0, False
    pieces = islice(flood(first, then, piece), 4 * SMALL_BODY // piece)
    try:
        while not ended:
            ended = reader.feed(next(pieces)) is not None
            most = max(most, held(reader))
    except MalformedResponseError:
        ended = True
    assert ended
    assert most <= HELD


def test_a_head_that_comes_byte_by_byte_is_given_up_in_time() -> None:
    """Each byte makes the reader look at all of the head: a second's work for the longest head."""
    reader, began = Reader(Heads()), clock.monotonic_ns()
    for _ in range(MAX_HEAD):
        assert reader.feed(b"y") is None
    with pytest.raises(MalformedResponseError, match="head of more than"):
        reader.feed(b"y")
    assert clock.monotonic_ns() - began < 20 * NS


@effort(60)
@given(
    st.lists(st.sampled_from(sorted(FLOODS)), min_size=1, max_size=6),
    st.lists(st.integers(1, 2 * RECEIVE_BYTES), min_size=1, max_size=20),
)
def test_a_reader_holds_little_whatever_comes_first(names: list[str], sizes: list[int]) -> None:
    """Floods of several kinds, one after the other, in pieces of any size."""
    reader = Reader(Heads())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader_module, "MAX_BODY", SMALL_BODY)
        try:
            for name, size in zip(names * len(sizes), sizes, strict=False):
                for piece in islice(flood(*FLOODS[name], size), 5):
                    reader.feed(piece[:RECEIVE_BYTES])
                    assert held(reader) <= HELD
        except MalformedResponseError:
            pass


def test_all_connections_together_hold_a_bounded_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many are sent large bodies at once, those that come too late are refused."""
    monkeypatch.setattr(Share.__init__, "__defaults__", (room := BodyMemory(1_000_000),))
    readers = [Reader(Heads()) for _ in range(20)]
    for reader in readers[::2]:
        assert reader.feed(OK + b"content-length: 300000\r\n\r\n") is None
    for reader in readers[1::2]:
        assert reader.feed(OK + b"\r\n") is None
    taken = room.left
    with pytest.raises(MalformedResponseError, match="on all connections together"):  # noqa: PT012
        for reader in readers:
            assert reader.feed(b"y" * 60_000) is None
    assert sum(map(held, readers)) <= 1_000_000 * 9 / 8 + 60_000
    assert taken > 900_000


def test_room_is_given_back_however_a_body_ends() -> None:
    """Whole, cut off, refused, or given up with its connection: nothing stays taken."""
    left = ROOM.left
    whole, cut_off, refused, given_up = (Reader(Heads()) for _ in range(4))
    for reader in (whole, cut_off, refused, given_up):
        assert reader.feed(CHUNKED + b"5\r\nhello\r\n") is None
    assert ROOM.left < left
    assert whole.feed(b"0\r\n\r\n") == b"hello"
    assert cut_off.end_of_stream() is None
    with pytest.raises(MalformedResponseError):
        refused.feed(b"no size")
    del given_up, refused, reader
    assert ROOM.left == left


@pytest.mark.parametrize("head", [OK + b"x: %07d\r\n\r\n", OK + b"x: %07d" + b"\r\na:" * 1000])
def test_a_server_whose_heads_never_repeat_fills_no_memory(head: bytes) -> None:
    """Remembered are at most 1024 heads, and those that are small."""
    heads = Heads()
    for number in range(3000):
        heads.learn(head % number + (b"" if head.endswith(b"\r\n\r\n") else b"\r\n\r\n"))
    held_by_one = [
        len(raw) + sum(len(name) + len(value) + 200 for name, value in known.headers)
        for raw, known in heads._known.items()
    ]
    assert len(held_by_one) <= 1024
    assert sum(held_by_one) < 20 * 1024 * 1024
