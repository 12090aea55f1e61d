"""Frames as bytes: those of RFC 6455 itself, and what no server may send."""

import pytest

from bench.load.net.limits import MalformedResponseError
from bench.load.websocket.frames import FrameStart, Opcode, client_frame, frame, head_at

MASK = bytes.fromhex("37fa213d")


def test_the_examples_of_the_rfc() -> None:
    """Its section 5.7."""
    assert bytes.fromhex("818537fa213d7f9f4d5158") == client_frame(Opcode.TEXT, b"Hello", MASK)
    assert bytes.fromhex("810548656c6c6f") == frame(Opcode.TEXT, b"Hello")
    assert bytes.fromhex("010348656c") == frame(Opcode.TEXT, b"Hel", fin=False)
    assert bytes.fromhex("8a8537fa213d7f9f4d5158") == client_frame(Opcode.PONG, b"Hello", MASK)
    assert frame(Opcode.BINARY, bytes(256))[:4] == bytes.fromhex("827e0100")
    assert frame(Opcode.BINARY, bytes(65536))[:10] == bytes.fromhex("827f0000000000010000")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_a_client_masks_payloads_of_any_length(size: int) -> None:
    """Unmasked again they are what they were; the mask is in the frame."""
    payload = bytes(at % 251 for at in range(size))
    made = client_frame(Opcode.BINARY, payload, MASK)
    masked = made[len(made) - size :]
    assert made[len(made) - size - 4 : len(made) - size] == MASK
    assert payload == bytes(byte ^ MASK[at % 4] for at, byte in enumerate(masked))
    assert made[1] & 0x80


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_the_head_of_a_frame_is_read_once_it_is_there(size: int) -> None:
    """Before, nothing is."""
    made = b"??" + frame(Opcode.BINARY, bytes(size), fin=False)
    head = len(made) - size - 2
    assert head_at(made, 2) == FrameStart(Opcode.BINARY, False, size, head)
    assert [head_at(made[: 2 + part], 2) for part in range(head)] == [None] * head


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("c100", "a frame that begins with 0xc1"),
        ("8300", "a frame that begins with 0x83"),
        ("8180", "a masked frame"),
        ("0900", "a ping frame that is a fragment"),
        ("897e007e", "a ping frame that is of more than 125 bytes"),
        ("817e007d", "a length of 125 in 2 bytes"),
        ("817f000000000000ffff", "a length of 65535 in 8 bytes"),
        ("817fffffffffffffffff", "a frame of 18446744073709551615 bytes"),
        ("817f0000000004000001", "a frame of 67108865 bytes; the most is 67108864"),
    ],
)
def test_what_no_server_may_send(raw: str, said: str) -> None:
    """It is refused by its head alone."""
    with pytest.raises(MalformedResponseError, match=said):
        head_at(bytes.fromhex(raw), 0)
