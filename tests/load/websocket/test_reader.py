"""Bytes in, messages out: against the library websockets, however they are cut; and noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from bench.load.net.limits import MalformedResponseError
from bench.load.net.memory import ROOM
from bench.load.websocket.frames import Opcode, frame
from bench.load.websocket.reader import Close, MessageReader, Received
from tests.load.hostile import CUTS, cut, effort


@dataclass(frozen=True)
class Sent:
    """A frame of a server, right or wrong."""

    opcode: int
    payload: bytes
    fin: bool = True
    reserved: int = 0

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        made = frame(Opcode.TEXT, self.payload, fin=self.fin)
        return bytes([(made[0] & 0x80) | self.reserved | self.opcode]) + made[1:]


PAYLOADS = st.one_of(
    st.binary(max_size=20), st.text(max_size=20).map(str.encode), st.just(b"x" * 126),
    st.just(b"y" * 70_000),
)  # fmt: skip
DATA = st.builds(Sent, st.sampled_from([0, 0, 1, 2]), PAYLOADS, st.booleans())
CONTROL = st.builds(Sent, st.sampled_from([9, 10]), st.binary(max_size=125))
WRONG = st.builds(
    Sent, st.integers(0, 7) | st.integers(9, 15), st.just(b"w"), st.booleans(),
    st.sampled_from([0, 0x10, 0x20, 0x40]),
)  # fmt: skip
FRAMES = st.lists(st.one_of(DATA, DATA, DATA, CONTROL, WRONG), max_size=12)
CLOSES = st.sampled_from(
    [b"", Sent(8, b"").raw, Sent(8, b"\x03\xe8").raw, Sent(8, b"\x0f\xa0gone").raw,
     Sent(8, b"\x03\xed").raw, Sent(8, b"\x03").raw, Sent(8, b"\x03\xe8\xff").raw]
)  # fmt: skip


def read(pieces: Sequence[bytes], wanted: int = 1000) -> tuple[MessageReader, bool]:
    """What a reader has seen, and whether it refused something."""
    reader = MessageReader()
    reader.wanted = wanted
    try:
        for piece in pieces:
            reader.feed(piece)
    except MalformedResponseError:
        return reader, True
    return reader, False


def expected(raw: bytes) -> tuple[list[Received], Any, bool]:
    """The same of the library: messages, how it was closed, whether it refused something."""
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=OPEN, max_size=None)
    client.receive_data(raw)
    messages: list[Received] = []
    kind, payload = Opcode.TEXT, b""
    for each in client.events_received():
        assert isinstance(each, Frame)
        opcode = Opcode(each.opcode)
        if opcode.control:
            continue
        kind, payload = (kind, payload) if opcode is Opcode.CONTINUATION else (opcode, b"")
        payload += bytes(each.data)
        if each.fin:
            if kind is Opcode.TEXT and not _is_text(payload):
                return messages, None, True
            messages.append(Received(kind, payload))
    close = client.close_rcvd
    told = None if close is None else (None if close.code == 1005 else close.code, close.reason)
    return messages, told, client.parser_exc is not None and close is None


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


@effort(150)
@given(FRAMES, CLOSES, CUTS)
def test_frames_are_read_as_the_library_reads_them(
    frames: list[Sent], close: bytes, cuts: set[int]
) -> None:
    """The same messages, the same close, and the same is refused."""
    raw = b"".join(each.raw for each in frames) + close
    messages, closed, refused = expected(raw)
    reader, was_refused = read(cut(raw, cuts))
    assert (messages, refused) == (reader.messages, was_refused)
    assert closed == (None if reader.close is None else tuple(reader.close))


@effort(150)
@given(st.binary(max_size=200), CUTS)
def test_noise_is_refused_or_waited_out(noise: bytes, cuts: set[int]) -> None:
    """It raises nothing else, however it is cut, and gives all memory back."""
    before = ROOM.left
    whole, refused = read([noise])
    pieces, refused_too = read(cut(noise, cuts))
    assert (whole.messages, refused) == (pieces.messages, refused_too)
    del whole, pieces
    assert before == ROOM.left


@effort(150)
@given(FRAMES, st.data())
def test_mutated_frames_are_refused_or_waited_out(frames: list[Sent], data: st.DataObject) -> None:
    """One byte is another, or one is lost."""
    raw = bytearray(b"".join(each.raw[:300] for each in frames) + Sent(1, b"last").raw)
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw[at] = data.draw(st.integers(0, 255))
    else:
        del raw[at]
    reader, _ = read([bytes(raw)], wanted=5)
    assert len(reader.messages) <= 5


def test_control_frames_may_come_between_fragments() -> None:
    """The last ping is what is to be answered; the message is whole."""
    reader, refused = read(
        [
            frame(Opcode.TEXT, b"He", fin=False) + frame(Opcode.PING, b"1"),
            frame(Opcode.PING, b"2") + frame(Opcode.PONG, b"") + frame(Opcode.CONTINUATION, b"y"),
        ]
    )
    assert not refused
    assert [Received(Opcode.TEXT, b"Hey")] == reader.messages
    assert reader.ping == b"2"
    assert not reader.plain


def test_a_message_more_than_is_wanted_is_refused() -> None:
    """Be it in the same piece."""
    reader, refused = read([frame(Opcode.TEXT, b"1") + frame(Opcode.TEXT, b"2")], wanted=1)
    assert refused
    assert len(reader.messages) == 1


@pytest.mark.parametrize("after", [frame(Opcode.TEXT, b"1"), frame(Opcode.PING, b""), b"\x81"])
def test_bytes_after_the_close_frame_are_refused(after: bytes) -> None:
    """Whatever they are."""
    assert read([frame(Opcode.CLOSE, b"\x03\xe8")])[0].close == Close(1000, "")
    assert read([frame(Opcode.CLOSE, b"\x03\xe8") + after])[1]
    assert read([frame(Opcode.CLOSE, b"\x03\xe8"), after])[1]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "the server closed the WebSocket without a code"),
        (b"\x03\xf3oh", "the server closed the WebSocket with code 1011: oh"),
    ],
)
def test_a_close_is_told_in_words(said: bytes, words: str) -> None:
    """Code and reason."""
    close = read([frame(Opcode.CLOSE, said)])[0].close
    assert close is not None
    assert close.described == words


def test_an_answer_that_is_too_long_is_refused_when_it_is_announced() -> None:
    """Fragments count together; nothing of the last of them need come."""
    part = frame(Opcode.BINARY, bytes(1 << 25), fin=False)
    more = frame(Opcode.CONTINUATION, bytes(1 << 25), fin=False)
    before = ROOM.left
    reader, refused = read([part, more])
    assert not refused
    with pytest.raises(MalformedResponseError, match="an answer of more than 67108864 bytes"):
        reader.feed(frame(Opcode.CONTINUATION, b"x")[:2])
    del reader
    assert before == ROOM.left
