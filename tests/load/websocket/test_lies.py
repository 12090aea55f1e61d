"""Both loops against real servers that misbehave: each outcome as often as it was committed."""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bench.load.net.memory import ROOM
from bench.load.reckoning.samples import Code
from bench.load.websocket.frames import Opcode, frame
from bench.workload import Message
from tests.load.server import Handle, Peer, Served, serving
from tests.load.websocket.loading import (
    HANGING_NS,
    Loaded,
    PoolOf,
    compiled,
    load_closed,
    load_open,
)
from tests.load.websocket.peer import WebSocketPeer, granted, talking, text

MESSAGES = 200
LIARS = 10
Lie = Callable[[WebSocketPeer, bytes], None]


def sends(make: Callable[[bytes], bytes]) -> Lie:
    """Send, in place of an answer, what `make` makes of a message."""
    return lambda peer, message: peer.send(make(message))


def _masked(message: bytes) -> bytes:
    head = text(message)
    return bytes((head[0], head[1] | 0x80)) + b"\0\0\0\0" + head[2:]


def _fragments(message: bytes, between: bytes = b"") -> bytes:
    """One byte a fragment, and an empty one at the end."""
    kinds = [Opcode.TEXT, *[Opcode.CONTINUATION] * (len(message) - 1)]
    parts = [
        frame(kind, bytes([byte]), fin=False) for kind, byte in zip(kinds, message, strict=True)
    ]
    return between.join(parts) + between + frame(Opcode.CONTINUATION, b"")


def _close_in_the_midst(peer: WebSocketPeer, message: bytes) -> None:
    peer.send(text(message)[:-2])
    peer.peer.close()


def _reset_in_the_midst(peer: WebSocketPeer, message: bytes) -> None:
    peer.send(text(message)[:-2])
    peer.peer.reset()


def _hesitating(peer: WebSocketPeer, message: bytes) -> None:
    """A byte at a time."""
    for byte in text(message):
        peer.send(bytes([byte]))


CLOSE = frame(Opcode.CLOSE, b"\x03\xf3internal")

# name: (lie, outcome of the message, whether the connection has to be opened anew)
LIES: dict[str, tuple[Lie, Code, bool]] = {
    "wrong echo": (sends(lambda m: text(m[::-1])), Code.WRONG_BODY, False),
    "empty echo": (sends(lambda _: text(b"")), Code.WRONG_BODY, False),
    "binary for text": (sends(lambda m: frame(Opcode.BINARY, m)), Code.WRONG_BODY, False),
    "fragments of a wrong echo": (sends(lambda m: _fragments(m + b"!")), Code.WRONG_BODY, False),
    "masked by the server": (sends(_masked), Code.WRONG_BODY, True),
    "text that is not UTF-8": (sends(lambda _: text(b"\xff")), Code.WRONG_BODY, True),
    "a reserved bit": (sends(lambda m: b"\xc1" + text(m)[1:]), Code.WRONG_BODY, True),
    "an opcode that nobody knows": (
        sends(lambda m: b"\x83" + text(m)[1:]), Code.WRONG_BODY, True,
    ),
    "a ping in fragments": (
        sends(lambda m: frame(Opcode.PING, b"", fin=False) + text(m)), Code.WRONG_BODY, True,
    ),
    "a long ping": (
        sends(lambda m: frame(Opcode.PING, bytes(126)) + text(m)), Code.WRONG_BODY, True,
    ),
    "a continuation of nothing": (
        sends(lambda m: frame(Opcode.CONTINUATION, m)), Code.WRONG_BODY, True,
    ),
    "a message within a message": (
        sends(lambda m: frame(Opcode.TEXT, m, fin=False) + text(m)), Code.WRONG_BODY, True,
    ),
    "two answers": (sends(lambda m: text(m) * 2), Code.WRONG_BODY, True),
    "bytes after the close": (sends(lambda m: CLOSE + text(m)), Code.WRONG_BODY, True),
    "bytes after answer and close": (
        sends(lambda m: text(m) + CLOSE + b"\x89\x00"), Code.WRONG_BODY, True,
    ),
    "a close code that is none": (
        sends(lambda _: frame(Opcode.CLOSE, b"\x03\xee")), Code.WRONG_BODY, True,
    ),
    "a huge frame": (
        sends(lambda _: bytes.fromhex("827f00000fffffffffff")), Code.WRONG_BODY, True,
    ),
    "noise": (sends(lambda _: b"\xff" * 100), Code.WRONG_BODY, True),
    "HTTP": (sends(lambda _: b"HTTP/1.1 200 OK\r\n\r\n"), Code.WRONG_BODY, True),
    "close instead of an answer": (sends(lambda _: CLOSE), Code.RESET, True),
    "close between fragments": (
        sends(lambda m: frame(Opcode.TEXT, m, fin=False) + CLOSE), Code.RESET, True,
    ),
    "the end in the midst of a frame": (_close_in_the_midst, Code.RESET, True),
    "reset in the midst of a frame": (_reset_in_the_midst, Code.RESET, True),
    "no lie: fragments": (sends(_fragments), Code.OK, False),
    "no lie: a ping between fragments": (
        sends(lambda m: _fragments(m, frame(Opcode.PING, b"?"))), Code.OK, False,
    ),
    "no lie: pongs that nobody asked for": (
        sends(lambda m: frame(Opcode.PONG, b"!") * 2 + text(m)), Code.OK, False,
    ),
    "no lie: a ping after the answer": (
        sends(lambda m: text(m) + frame(Opcode.PING, b"?")), Code.OK, False,
    ),
    "no lie: a byte at a time": (_hesitating, Code.OK, False),
    "no lie: close after the answer": (sends(lambda m: text(m) + CLOSE), Code.OK, True),
}  # fmt: skip


def lying(lie: Lie) -> Handle:
    """One answer in twenty is a lie."""

    def reply(peer: WebSocketPeer, message: bytes, number: int) -> None:
        if number % 20 == 7:
            lie(peer, message)
        else:
            peer.send(text(message))

    return talking(reply)


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
@pytest.mark.parametrize(("lie", "outcome", "renews"), LIES.values(), ids=LIES)
def test_a_lie_to_one_message_in_twenty_is_ten_outcomes(
    lie: Lie, outcome: Code, load: Callable[..., Loaded], pool_of: PoolOf, *, renews: bool
) -> None:
    """Each of 200 messages has its outcome, and those that were lied to have the lie's."""
    before = ROOM.left
    with serving(lying(lie)) as served:
        loaded = load(pool_of(served, 4), MESSAGES)
    expected = Counter({Code.OK: MESSAGES - LIARS}) + Counter({outcome: LIARS})
    assert loaded.outcomes == dict(expected)
    assert len(loaded.pool.by_fd) == 4, "what was lost is replaced"
    assert loaded.pool.opened == (LIARS if renews else 0)
    if outcome is not Code.OK:
        assert loaded.samples.errors
        assert set(loaded.samples.examples) == {outcome.name.lower()}
    loaded.pool.discard_all()
    assert before == ROOM.left


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ("wrong echo", "wrong_body: /chat: expected 'word "),
        ("binary for text", "wrong_body: /chat: expected a text message, got "),
        ("masked by the server", "wrong_body: a masked frame: a server must not mask"),
        ("two answers", "wrong_body: a message that was not waited for"),
        ("a huge frame", "wrong_body: a frame of 17592186044415 bytes; the most is 67108864"),
        (
            "close between fragments",
            "reset: the server closed the WebSocket with code 1011: internal",
        ),
        (
            "the end in the midst of a frame",
            "reset: the server closed the connection without a close frame",
        ),
    ],
)
def test_a_lie_is_told_in_words(lie: str, said: str, pool_of: PoolOf) -> None:
    """What was expected, and what came."""
    with serving(lying(LIES[lie][0])) as served:
        loaded = load_closed(pool_of(served, 1), 20)
    [error] = loaded.samples.errors
    assert error.startswith(said)


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_an_answer_that_never_comes_times_out(load: Callable[..., Loaded], pool_of: PoolOf) -> None:
    """Each connection waits for its own, until the deadline."""
    with serving(talking(lambda *_: None)) as served:
        loaded = load(pool_of(served, 3), 3, patience_ns=HANGING_NS)
    assert loaded.outcomes == {Code.TIMEOUT: 3}
    assert not loaded.pool.by_fd


def test_a_flood_of_pings_is_answered_and_times_out(pool_of: PoolOf) -> None:
    """As no message comes; what is kept of them is one pong."""

    def handle(_: Served, peer: Peer) -> None:
        there = WebSocketPeer(peer)
        there.begin()
        there.message()
        while True:
            there.send(frame(Opcode.PING, b"x" * 125) * 500)

    with serving(handle) as served:
        pool = pool_of(served, 2)
        loaded = load_closed(pool, 100, patience_ns=HANGING_NS)
        pool.discard_all()
    assert loaded.outcomes == {Code.TIMEOUT: 2}


def test_a_flood_of_empty_fragments_times_out(pool_of: PoolOf) -> None:
    """A message that never ends, and never grows."""
    flood = frame(Opcode.CONTINUATION, b"", fin=False) * 20_000

    def handle(_: Served, peer: Peer) -> None:
        there = WebSocketPeer(peer)
        there.begin()
        there.message()
        there.send(frame(Opcode.TEXT, b"", fin=False))
        while True:
            there.send(flood)

    with serving(handle) as served:
        pool = pool_of(served, 1)
        loaded = load_closed(pool, 100, patience_ns=HANGING_NS)
        pool.discard_all()
    assert loaded.outcomes == {Code.TIMEOUT: 1}


def test_a_ping_is_answered_by_its_own_payload(pool_of: PoolOf) -> None:
    """Also between two slices, where nothing is in flight: the connection stays."""
    there: list[WebSocketPeer] = []

    def handle(served: Served, peer: Peer) -> None:
        there.append(WebSocketPeer(peer))
        there[-1].begin()
        while (message := there[-1].message()) is not None:
            number = served.count()
            there[-1].send(text(message) + frame(Opcode.PING, b"%d" % number))

    with serving(handle) as served:
        pool = pool_of(served, 1)
        assert load_closed(pool, 5).outcomes == {Code.OK: 5}
        assert pool.ready(1) is None
        assert load_closed(pool, 1).outcomes == {Code.OK: 1}
        pool.discard_all()
    assert served.connections == 1
    pongs = [payload for opcode, payload in there[0].seen if opcode is Opcode.PONG]
    assert pongs[:5] == [b"1", b"2", b"3", b"4", b"5"]


def test_who_leaves_says_so(pool_of: PoolOf) -> None:
    """By the code of a normal closure."""
    there: list[WebSocketPeer] = []

    def handle(_: Served, peer: Peer) -> None:
        there.append(WebSocketPeer(peer))
        there[-1].begin()
        there[-1].message()

    with serving(handle) as served:
        pool_of(served, 1).discard_all()
    assert there[0].seen == [(Opcode.CLOSE, b"\x03\xe8")]


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_an_upgrade_that_is_refused(load: Callable[..., Loaded], pool_of: PoolOf) -> None:
    """Nothing is sent over such a connection; the status is in the words."""

    def handle(_: Served, peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno")

    refused = "the server refuses the WebSocket with 403 Forbidden"
    with serving(handle) as served:
        loaded = load(pool_of(served, 3, refused=refused), 10, patience_ns=HANGING_NS)
    assert loaded.outcomes == ({} if load is load_closed else {Code.CONNECT_FAILED: 10})


@pytest.mark.parametrize(
    ("load", "failed"), [(load_closed, 2), (load_open, None)], ids=["closed", "open"]
)
def test_upgrades_that_are_refused_in_the_midst(
    load: Callable[..., Loaded], failed: int | None, pool_of: PoolOf
) -> None:
    """The server hangs up on two connections, and takes no other."""

    def handle(served: Served, peer: Peer) -> None:
        if served.connections > 2:
            peer.request()
            peer.send(b"HTTP/1.1 503 No\r\n\r\n")
            return
        there = WebSocketPeer(peer)
        there.begin()
        while (message := there.message()) is not None:
            there.send(text(message) + (CLOSE if served.count() > 8 else b""))

    with serving(handle) as served:
        loaded = load(pool_of(served, 2), 20, patience_ns=HANGING_NS)
    answered = loaded.outcomes[Code.OK]
    assert 9 <= answered <= 10
    assert loaded.outcomes[Code.CONNECT_FAILED] == (failed or 20 - answered)
    assert "connect_failed: the server refuses the WebSocket with 503 Service Unavailable" in (
        loaded.samples.errors
    )


def test_a_message_that_is_answered_before_it_was_read_is_wrong(pool_of: PoolOf) -> None:
    """A server that does not read what it is sent looks fast; it is not right."""
    sent = compiled([Message(b"x" * 20_000_000, "ok")])

    def handle(_: Served, peer: Peer) -> None:
        there = WebSocketPeer(peer)
        there.begin()
        there._bytes(100)
        there.send(text(b"ok"))
        there._bytes(1 << 40)

    with serving(handle) as served:
        loaded = load_closed(pool_of(served, 1, sent), 3, sent)
    assert loaded.outcomes == {Code.WRONG_BODY: 3}
    assert "bytes before the request was read" in loaded.samples.errors[0]


@pytest.mark.parametrize("taken", [None, 3], ids=["nothing of it", "a part of it"])
def test_a_message_waits_for_a_pong_that_the_socket_does_not_take(
    taken: int | None, pool_of: PoolOf
) -> None:
    """It is sent behind it, whole; both arrive."""
    there: list[WebSocketPeer] = []

    def handle(_: Served, peer: Peer) -> None:
        there.append(WebSocketPeer(peer))
        there[-1].begin()
        while (message := there[-1].message()) is not None:
            there[-1].send(text(message) + frame(Opcode.PING, b"?"))

    def write(fd: int, data: bytes | memoryview) -> int:
        if data[0] == 0x8A:  # a pong, which is offered for the first time
            if taken is None and bytes(data) not in refused:
                refused.append(bytes(data))
                raise BlockingIOError
            return os.write(fd, data[:taken])
        return os.write(fd, data)

    refused: list[bytes] = []
    with serving(handle) as served:
        pool = pool_of(served, 1)
        for connection in pool.by_fd.values():
            connection.write = write
        loaded = load_closed(pool, 5)
        pool.discard_all()
    assert loaded.outcomes == {Code.OK: 5}
    assert [payload for opcode, payload in there[0].seen if opcode is Opcode.PONG][:4] == [b"?"] * 4


def test_subprotocol_and_greeting(pool_of: PoolOf) -> None:
    """What was asked for is checked before the first message, on each connection."""
    asked: list[bytes] = []

    def handle(_: Served, peer: Peer) -> None:
        asked.append(peer.request() or b"")
        peer.send(granted(asked[-1], b"Sec-WebSocket-Protocol: v2\r\n") + text(b"hel"))
        there = WebSocketPeer(peer)
        there.send(text(b"hello 7"))
        while (message := there.message()) is not None:
            there.send(text(message))

    def greets(message: str) -> str | None:
        return None if message.startswith("hello") else "no greeting"

    how: dict[str, Any] = {"headers": {"Authorization": "Bearer t"}, "subprotocols": ["v1", "v2"]}
    with serving(handle) as served:
        right = compiled(**how, greeting=["hel", greets])
        assert load_closed(pool_of(served, 2, right), 10, right).outcomes == {Code.OK: 10}
        assert b"\r\nAuthorization: Bearer t\r\n" in asked[0]
        wrong = compiled(**how, greeting=[greets, greets])
        pool_of(served, 2, wrong, refused="a greeting that is wrong: no greeting")
        pool_of(served, 2, compiled(**how), refused="a message that was not waited for")
