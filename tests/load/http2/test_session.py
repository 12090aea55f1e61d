"""A session against hyper-h2: the same events, however what was received is cut; and noise."""

import random
from typing import Any

import h2.events as h2e
from hypothesis import given
from hypothesis import strategies as st

from bench.load.http2 import streams as streams_module
from bench.load.http2.events import Answered, Event, Reset, Spoilt, Unprocessed
from bench.load.http2.frames import Kind, frame
from bench.load.http2.session import Http2Session
from bench.load.net.memory import ROOM
from tests.load.hostile import CUTS, cut, effort
from tests.load.http2.scenes import STREAMS, Act, Scene, acts, extras, reference

orders = st.lists(st.integers(0, 3), min_size=40, max_size=40)
mixes = st.lists(extras, min_size=40, max_size=40)
scenes = st.tuples(st.lists(acts, min_size=STREAMS, max_size=STREAMS), orders, mixes)


def facts(events: list[Event]) -> dict[int, tuple[Any, ...]]:
    """What became of each request, in comparable form."""
    found: dict[int, tuple[Any, ...]] = {}
    for event in events:
        assert event.token not in found, "a request ends once"
        match event:
            case Answered(token, fields, body):
                found[token] = ("answered", fields.status, fields.headers, body)
            case Spoilt(token, error):
                found[token] = ("spoilt", str(error))
            case Reset(token, words):
                found[token] = ("reset", words)
            case Unprocessed(token):
                found[token] = ("unprocessed",)
    return found


def expected(data: bytes, greeting: bytes) -> dict[int, tuple[Any, ...]]:
    """The same of hyper-h2's client."""
    client, heads = reference(), {}
    bodies: dict[int, bytes] = {}
    found: dict[int, tuple[Any, ...]] = {}
    for event in client.receive_data(greeting) + client.receive_data(data):
        match event:
            case h2e.ResponseReceived():
                status, *headers = event.headers
                pairs = tuple((bytes(name), bytes(value)) for name, value in headers)
                heads[event.stream_id] = int(status[1]), pairs
            case h2e.DataReceived():
                bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
            case h2e.StreamEnded():
                head = heads[event.stream_id]
                found[event.stream_id // 2] = "answered", *head, bodies.get(event.stream_id, b"")
            case h2e.StreamReset():
                found[event.stream_id // 2] = ("reset",)
    return found


@effort(75)
@given(scene=scenes, places=CUTS)
def test_the_same_events_as_of_hyper_h2(
    scene: tuple[list[Act], list[int], list[bytes]], places: set[int]
) -> None:
    """Answers of every shape, mixed; whole, and cut anywhere."""
    wanted, order, between = scene
    played = Scene()
    played.ask([b""] * STREAMS)
    data = played.play(wanted, order, between)
    known = expected(data, played.greeting)
    events = [event for piece in cut(data, places) for event in played.session.feed(piece)]
    assert played.session.error is None
    seen = {
        token: fact if fact[0] != "reset" else ("reset",) for token, fact in facts(events).items()
    }
    assert seen == known
    assert played.session.in_flight == STREAMS - len(known)


@effort(80)
@given(bodies=st.lists(st.binary(max_size=40_000), min_size=1, max_size=4))
def test_hyper_h2_reads_what_is_sent(bodies: list[bytes]) -> None:
    """Requests with and without bodies, as far as the windows allow; it opens them bit by bit."""
    scene = Scene()
    received: dict[int, bytes] = {}
    for token, body in enumerate(bodies):
        scene.session.request(token, b"\x83\x86\x01\x01x\x04\x02/a", body)
    while scene.session.out:
        for event in scene.server.receive_data(scene._out()):
            if isinstance(event, h2e.DataReceived):
                received[event.stream_id] = received.get(event.stream_id, b"") + event.data
                size = event.flow_controlled_length
                scene.server.acknowledge_received_data(size, event.stream_id)
        scene.session.feed(scene.server.data_to_send())
    assert [received.get(2 * n + 1, b"") for n in range(len(bodies))] == bodies
    assert not scene.session.uploads


mutations = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from([0, 0, 1, 9]), st.binary(max_size=9)),
    min_size=1, max_size=4,
)  # fmt: skip
frames = st.builds(
    frame,
    st.sampled_from(list(Kind)), st.integers(0, 255), st.integers(0, 9), st.binary(max_size=40),
)  # fmt: skip


def mutated(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Bytes that were put in place of others."""
    for at, gone, more in changes:
        place = at % (len(data) + 1)
        data = data[:place] + more + data[place + gone :]
    return data


def outcome(data: bytes, places: set[int]) -> tuple[Any, ...]:
    """What a session with requests in flight makes of some bytes, in pieces."""
    scene = Scene()
    scene.ask([b"", b"", b"x" * 70_000, b""])
    events: list[Event] = []
    for piece in cut(data, places):
        events += scene.session.feed(piece)
        if scene.session.error is not None:
            break
    session = scene.session
    found = facts(events)
    assert set(found) | set(session.tokens()) == set(range(STREAMS)), "no request is forgotten"
    assert not set(found) & set(session.tokens())
    error = session.error
    return found, None if error is None else str(error).partition(":")[0]


@effort(150)
@given(scene=scenes, changes=mutations, places=CUTS)
def test_mutated_frames_are_the_same_however_they_are_cut(
    scene: tuple[list[Act], list[int], list[bytes]],
    changes: list[tuple[int, int, bytes]],
    places: set[int],
) -> None:
    """Each request has one outcome at the most, and nothing else is raised."""
    played = Scene()
    played.ask([b""] * STREAMS)
    data = mutated(played.play(*scene), changes)
    assert outcome(data, places) == outcome(data, set())


@effort(150)
@given(noise=st.lists(frames, max_size=12), places=CUTS)
def test_frames_of_noise(noise: list[bytes], places: set[int]) -> None:
    """Whole frames of any kind, flags, stream and content."""
    data = b"".join(noise)
    assert outcome(data, places) == outcome(data, set())


def test_memory_is_given_back() -> None:
    """Of bodies that were never finished, in sessions that are forgotten."""
    before = ROOM.left
    for number in range(50):
        scene = Scene()
        scene.ask([b""] * STREAMS)
        head = frame(Kind.HEADERS, 4, 1, b"\x88")
        pieces = frame(Kind.DATA, 0, 1, random.Random(number).randbytes(16_000)) * 10  # noqa: S311
        scene.session.feed(head + pieces)
        assert ROOM.left < before
        del scene
    assert ROOM.left == before


def test_what_is_received_is_allowed_anew() -> None:
    """Once half of the window has been used, in one frame."""
    session = Http2Session()
    session.out.clear()
    session.allow(streams_module.REPLENISH - 1)
    assert not session.out
    session.allow(1)
    assert session.out == frame(
        Kind.WINDOW_UPDATE, 0, 0, streams_module.REPLENISH.to_bytes(4, "big")
    )
    assert session.consumed == 0
