"""Streams over real connections: each event verified, whatever the server does."""

import itertools
from collections.abc import Callable, Sequence
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.facts.streams import EventFault
from bench.load.events.hearing import Hearing
from bench.load.events.log import EventLog
from bench.load.events.parsers import MAX_EVENT
from bench.load.events.verifying import ExpectedStream
from bench.load.http1.reader import Reader
from bench.load.http1.wire import WITH_BODY
from bench.load.net.limits import MAX_HEAD, MalformedResponseError
from bench.load.reckoning.samples import Code
from bench.workload import Streamed, StreamForm
from tests.load.events.streaming import (
    EVENTS,
    HEAD,
    chunk,
    chunks,
    event_bytes,
    hear,
    hear_planned,
    numbered,
    sending,
    stream,
)  # fmt: skip
from tests.load.sending import answer, exchange
from tests.load.server import Peer, Served, replying, serving
from tests.load.virtual import MS

MISSING, DOUBLED, MISPLACED, WRONG, SURPLUS = EventFault
ALL = list(range(1, EVENTS + 1))
REQUESTS = 8
EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=utf-8\r\n"


def measured(form: StreamForm = StreamForm.SSE) -> list[bytes]:
    """All events in a body whose length is told beforehand."""
    body = b"".join(event_bytes(number, form) for number in ALL)
    return [EVENT_STREAM + b"content-length: %d\r\n\r\n" % len(body), body]


@pytest.mark.parametrize("form", list(StreamForm))
def test_right_streams_are_right(form: StreamForm) -> None:
    """All of their events are counted, and so are the gaps between them."""
    with serving(replying(sending(chunks(ALL, form)))) as served:
        heard = hear(served, stream(form=form))
        assert heard.outcomes == {Code.OK: REQUESTS}
        assert (heard.streams.streams, heard.streams.events) == (REQUESTS, REQUESTS * EVENTS)
        assert heard.streams.gap.total == REQUESTS * (EVENTS - 1)
        assert heard.streams.first_byte.total == heard.streams.duration.total == REQUESTS
        assert heard.streams.events_in_window == REQUESTS * EVENTS
        assert heard.streams.faults == {}
        assert heard.streams.plain is None
        assert served.connections == 2


@pytest.mark.parametrize("form", [StreamForm.SSE, StreamForm.LINES])
def test_a_stream_may_have_a_length(form: StreamForm) -> None:
    """It need not be sent in chunks, if these are not what is counted."""
    with serving(replying(sending(measured(form)))) as served:
        assert hear(served, stream(form=form)).outcomes == {Code.OK: REQUESTS}


def test_a_stream_may_end_with_its_connection() -> None:
    """As with HTTP/1.0; the next one has another connection."""

    def reply(peer: Peer, _: int) -> None:
        peer.send(EVENT_STREAM + b"\r\n" + b"".join(map(event_bytes, ALL)))
        peer.close()

    with serving(replying(reply)) as served:
        assert hear(served).outcomes == {Code.OK: REQUESTS}


@given(st.sampled_from(list(StreamForm)), st.lists(st.integers(0, 1000), max_size=30))
def test_no_cut_changes_what_is_heard(form: StreamForm, at: list[int]) -> None:
    """Of a whole answer, head and chunks included."""
    whole = b"".join(chunks([*ALL[:2], b"wrong", *ALL[3:]], form))
    log, reader = EventLog(), Reader(WITH_BODY)
    expected = ExpectedStream(Streamed(events=EVENTS, fault=numbered(form), form=form))
    hearing = reader.listener = Hearing(0, expected, log)
    places = [0, *sorted({1 + place % (len(whole) - 1) for place in at}), len(whole)]
    found = [reader.feed(whole[start:end]) for start, end in itertools.pairwise(places)]
    assert found[-1] == b""
    assert set(found[:-1]) <= {None}
    assert hearing.fault() == ("event 3: it is b'wrong'", event_bytes(b"wrong", form).strip())
    assert log.faults == {0: {WRONG: 1}}
    assert len(log.columns()[0]) == EVENTS - 1


@pytest.mark.parametrize(
    ("numbers", "fault", "words"),
    [
        ([1, 2, 4, 5], MISSING, "event 4 came in place of 3"),
        ([1, 2, 3], MISSING, "2 of 5 events are missing"),
        ([1, 2, 3, 3, 4, 5], DOUBLED, "event 3 came twice"),
        ([1, 3, 2, 4, 5], MISPLACED, "event 3 came in place of 2"),
        ([1, b"x", 3, 4, 5], WRONG, "event 2: it is b'x'"),
    ],
)
def test_lies_are_counted_and_told(
    numbers: Sequence[int | bytes], fault: EventFault, words: str
) -> None:
    """Every second stream has a fault; the others, and the connections, are none the worse."""

    def reply(peer: Peer, number: int) -> None:
        peer.send(b"".join(chunks(numbers if number % 2 else ALL)))

    with serving(replying(reply)) as served:
        heard = hear(served)
        assert heard.outcomes == {Code.OK: REQUESTS // 2, Code.WRONG_BODY: REQUESTS // 2}
        found = heard.streams
        each = 2 if words.startswith("2 ") else 1
        assert found.faults == {fault: each * REQUESTS // 2}
        assert found.streams == REQUESTS // 2
        assert words in heard.samples.examples["wrong_body"]
        assert served.connections == 2


def never_ending(peer: Peer) -> None:
    """Go on after the last event."""
    peer.send(HEAD)
    for number in itertools.count(1):
        peer.send(chunk(event_bytes(number)))


def repeating(peer: Peer) -> None:
    """Send one event again and again."""
    peer.send(HEAD)
    while True:
        peer.send(chunk(event_bytes(1)))


def event_without_end(peer: Peer) -> None:
    """Send data, and never a blank line."""
    peer.send(HEAD)
    while True:
        peer.send(chunk(b"data: " + b"x" * 65536 + b"\n"))


def line_without_end(peer: Peer) -> None:
    """Send not even the end of a line."""
    peer.send(HEAD)
    while True:
        peer.send(chunk(b"x" * 65536))


def head_without_end(peer: Peer) -> None:
    """Send more headers than there may be."""
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.send(b"x-more: " + b"x" * 4096 + b"\r\n")


def answer_too_many(peer: Peer) -> None:
    """Send two answers."""
    peer.send(2 * b"".join(chunks(ALL)))


def broken_chunks(peer: Peer) -> None:
    """Send what is no chunk."""
    peer.send(HEAD + chunk(event_bytes(1)) + b"no length\r\n")


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (never_ending, "a stream that goes on: more than 5 events"),
        (repeating, "a stream that goes on: event 1 came twice"),
        (event_without_end, f"an event of more than {MAX_EVENT} bytes"),
        (line_without_end, f"an event of more than {MAX_EVENT} bytes"),
        (head_without_end, f"a head of more than {MAX_HEAD} bytes"),
        (answer_too_many, "after the end"),
        (broken_chunks, "nvalid character in chunk size"),
    ],
)
def test_what_is_no_stream_ends_its_connection(lie: Callable[[Peer], None], words: str) -> None:
    """It is a wrong body, counted once each; and nothing hangs."""

    def reply(peer: Peer, _: int) -> None:
        lie(peer)

    with serving(replying(reply)) as served:
        heard = hear(served, requests=4)
        assert heard.outcomes == {Code.WRONG_BODY: 4}
        assert words in heard.samples.examples["wrong_body"]


@pytest.mark.parametrize("reset", [False, True])
def test_a_stream_that_is_cut_off_is_lost(reset: bool) -> None:  # noqa: FBT001
    """In the midst of an event, by either kind of end."""

    def reply(peer: Peer, _: int) -> None:
        peer.send(HEAD + chunk(event_bytes(1)) + chunk(b"data: "))
        if reset:
            peer.reset()
        else:
            peer.close()

    with serving(replying(reply)) as served:
        heard = hear(served)
        assert heard.outcomes == {Code.RESET: REQUESTS}
        assert heard.streams.streams == 0


def test_a_stream_that_falls_silent_times_out() -> None:
    """When the time is over for all; its events were right until then."""
    over = Event()

    def reply(peer: Peer, _: int) -> None:
        peer.send(HEAD + chunk(event_bytes(1)))
        over.wait(10)

    with serving(replying(reply)) as served:
        heard = hear(served, requests=2, patience_ns=100 * MS)
        over.set()
        assert heard.outcomes == {Code.TIMEOUT: 2}
        assert heard.streams.streams == 0


@pytest.mark.parametrize(
    ("response", "form", "code", "words"),
    [
        (answer(b"no such stream", b"501 Not Implemented"), StreamForm.SSE, Code.WRONG_STATUS,
         "501 in place of 200: no such stream"),
        (answer(b"data: 1\n\n"), StreamForm.SSE, Code.WRONG_BODY,
         "expected text/event-stream, got ''"),
        (answer(b"1"), StreamForm.CHUNKS, Code.WRONG_BODY, "the body is not sent in chunks"),
        (answer(b"1", b"200 OK\r\ncontent-encoding: gzip"), StreamForm.LINES, Code.WRONG_BODY,
         "a stream that is encoded (gzip)"),
        (answer(b""), StreamForm.LINES, Code.WRONG_BODY, "5 of 5 events are missing"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_stream_is_told(
    response: bytes, form: StreamForm, code: Code, words: str
) -> None:
    """And the connection goes on."""
    with serving(replying(sending([response]))) as served:
        heard = hear(served, stream(form=form))
        assert heard.outcomes == {code: REQUESTS}
        assert any(words in example for example in heard.samples.examples.values())
        assert served.connections == 2


def test_plain_requests_beside_streams_are_told_apart() -> None:
    """Each with times of its own."""

    def handle(served: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            served.count()
            peer.send(b"".join(chunks(ALL)) if b"/numbers" in request else answer(b'{"id":1}'))

    with serving(handle) as served:
        heard = hear(served, stream(), exchange(), requests=64)
        assert heard.outcomes == {Code.OK: 64}
        assert heard.streams.plain is not None
        assert heard.streams.plain.total + heard.streams.streams == 64
        assert 10 < heard.streams.streams < 54


GAP_S = 0.02


def test_times_are_those_of_the_server() -> None:
    """Nothing comes sooner than it was sent, and events are no more than the window has."""
    pieces = chunks(ALL)
    with serving(replying(sending(pieces, GAP_S))) as served:
        heard = hear(served, requests=4, connections=4)
    found = heard.streams
    assert heard.outcomes == {Code.OK: 4}
    shortest = found.duration.percentile_ns(0)
    assert shortest is not None
    assert shortest >= GAP_S * 1e9 * (len(pieces) - 1) * 0.999
    first = found.first_byte.percentile_ns(0)
    assert first is not None
    assert first < shortest
    mean = found.gap.mean_ns()
    assert mean is not None
    assert mean * (EVENTS - 1) < shortest * 4
    assert found.events_in_window == 4 * EVENTS
    assert 0 < found.held_mean <= 4


def test_a_late_event_is_a_gap() -> None:
    """One in each stream; nothing else is that long but by chance."""
    late_s = 0.1

    def reply(peer: Peer, _: int) -> None:
        first, *rest = chunks(ALL)
        peer.send(first + b"".join(rest[:2]))
        Event().wait(late_s)  # this is how late the third one is
        peer.send(b"".join(rest[2:]))

    with serving(replying(reply)) as served:
        found = hear(served, requests=4, connections=4).streams
    longest, median = found.gap.percentile_ns(100), found.gap.percentile_ns(50)
    assert longest is not None
    assert median is not None
    assert longest >= late_s * 1e9 * 0.999
    assert median < longest
    assert found.faults == {}


@given(
    st.sampled_from(list(StreamForm)),
    st.lists(st.sampled_from([*chunks(ALL), b"\r\n", b"5\r\n", b"data", b"\n\n", b"\xff", b"0"])),
)
def test_whatever_comes_is_heard_or_refused(form: StreamForm, pieces: list[bytes]) -> None:
    """Never anything but an answer, nothing yet, or the error for what is no answer."""
    reader, log = Reader(WITH_BODY), EventLog()
    expected = ExpectedStream(Streamed(events=EVENTS, fault=numbered(form), form=form))
    hearing = reader.listener = Hearing(0, expected, log)
    try:
        for piece in [HEAD, *pieces]:
            if reader.feed(piece) is not None:
                hearing.fault()
                break
    except MalformedResponseError:
        pass
    assert len(log.columns()[0]) <= 2 * EVENTS


@pytest.mark.timed
def test_gaps_are_as_long_as_the_server_lets_them_be() -> None:
    """The median within a few milliseconds."""
    with serving(replying(sending(chunks(ALL), GAP_S))) as served:
        found = hear(served, requests=8, connections=4).streams
    gap, first = found.gap.percentile_ns(50), found.first_byte.percentile_ns(50)
    assert gap == pytest.approx(GAP_S * 1e9, abs=5e6)
    assert first is not None
    assert first < 10e6


def test_open_loop_counts_from_when_streams_were_due() -> None:
    """All of them, each on a connection of its own."""
    due = [0, 5 * MS, 10 * MS, 15 * MS]
    with serving(replying(sending(chunks(ALL), GAP_S))) as served:
        heard = hear_planned(served, due)
    assert heard.outcomes == {Code.OK: len(due)}
    assert heard.streams.streams == len(due)
    assert heard.streams.gap.total == len(due) * (EVENTS - 1)
    assert heard.reckoned.response is not None
    assert heard.reckoned.response.total == heard.streams.duration.total == len(due)
    slowest = heard.reckoned.response.percentile_ns(100)
    assert slowest == heard.streams.duration.percentile_ns(100)


def test_comments_without_end_are_bounded_by_time_and_bytes() -> None:
    """They are no events: the load ends when its time is over."""

    def reply(peer: Peer, _: int) -> None:
        peer.send(HEAD)
        while True:
            peer.send(chunk(b": still here\n\n" * 1000))

    with serving(replying(reply)) as served:
        heard = hear(served, requests=1, connections=1, patience_ns=100 * MS)
        assert set(heard.outcomes) <= {Code.TIMEOUT, Code.WRONG_BODY}
