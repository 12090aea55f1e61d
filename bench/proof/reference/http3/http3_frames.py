"""HTTP/3 as a reference server writes and reads it: RFC 9114, section 7; RFC 9204, section 4.5.

Nothing of it is the load generator's, nor that of the library it uses, so that a mistake made there
is not made here too. Header blocks use the static table alone: the server announces no other.
"""

from functools import lru_cache
from typing import Final

from hpack.huffman_table import decode_huffman

DATA, HEADERS, SETTINGS, GOAWAY = 0x0, 0x1, 0x4, 0x7
RESERVED: Final = 0x21  # a kind of frame that says nothing (section 7.2.8)
NO_ERROR, INTERNAL_ERROR = 0x100, 0x102
CONTROL_STREAM: Final = 0x0  # its kind, which is its first byte

_PATH: Final = 1  # in the static table (RFC 9204, appendix A)
_CONTENT_LENGTH: Final = 4
_JSON: Final = 46
_STATUS: Final = 24  # :status 103, whose name others have too
_NO_TABLE: Final = b"\x00\x00"
_VARINT_LENGTHS: Final = ((0x40, 1, 0x00), (0x4000, 2, 0x40), (0x40000000, 4, 0x80))


def varint(number: int) -> bytes:
    """A number below 2**30 (RFC 9000, section 16)."""
    for below, size, mark in _VARINT_LENGTHS:
        if number < below:
            data = number.to_bytes(size, "big")
            return bytes([data[0] | mark]) + data[1:]
    raise ValueError(f"{number} takes more than four bytes")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends. Raises IndexError where it is cut."""
    size = 1 << (data[at] >> 6)
    value = int.from_bytes(data[at : at + size], "big") & ((1 << (8 * size - 2)) - 1)
    return value, at + size


def frame(kind: int, payload: bytes, length: int | None = None) -> bytes:
    """One frame; `length`: what it says of its length, if not the truth."""
    return varint(kind) + varint(len(payload) if length is None else length) + payload


def fields(status: int, length: int | None = None) -> bytes:
    """The header block of an answer."""
    block = _NO_TABLE + _literal(_STATUS, b"%d" % status) + _prefixed(0xC0, 6, _JSON)
    return block if length is None else block + _literal(_CONTENT_LENGTH, b"%d" % length)


def trailers() -> bytes:
    """A header block that ends an answer."""
    name, value = b"x-end", b"yes"
    return _NO_TABLE + _prefixed(0x20, 3, len(name)) + name + _prefixed(0x00, 7, len(value)) + value


def answer(body: bytes, *, status: int = 200, length: int | None = None) -> bytes:
    """A whole answer; `length`: what it says of its body, if not the truth."""
    head = fields(status, len(body) if length is None else length)
    return frame(HEADERS, head) + frame(DATA, body)


@lru_cache(maxsize=8192)
def path_of(request: bytes) -> bytes:
    """The path that a whole request names, all of whose fields stand in its first frame.

    Raises ValueError where there is none.
    """
    kind, at = _read_varint(request, 0)
    length, at = _read_varint(request, at)
    if kind != HEADERS:
        raise ValueError(f"a request begins with a frame of kind {kind}")
    block, at = request[at : at + length], len(_NO_TABLE)
    while at < len(block):
        found, at = _path_or_next(block, at)
        if found is not None:
            return found
    raise ValueError("a request without a path")


def _path_or_next(block: bytes, at: int) -> tuple[bytes | None, int]:
    """What a field line says, if it is that of the path; and where the next one begins."""
    first = block[at]
    if first & 0x80:  # name and value stand in the static table: "/", of a path
        index, at = _read_prefixed(block, at, 6)
        return (b"/" if index == _PATH else None), at
    if first & 0x40:  # the name stands there
        index, at = _read_prefixed(block, at, 4)
        value, at = _read_string(block, at, 7)
        return (value if index == _PATH else None), at
    _, at = _read_string(block, at, 3)
    _, at = _read_string(block, at, 7)
    return None, at


def _read_string(block: bytes, at: int, bits: int) -> tuple[bytes, int]:
    """A string whose length has a prefix of so many bits, after one that says how it is coded."""
    coded = block[at] & (1 << bits)
    length, at = _read_prefixed(block, at, bits)
    text = block[at : at + length]
    return (decode_huffman(text) if coded else text), at + length


def _read_prefixed(block: bytes, at: int, bits: int) -> tuple[int, int]:
    """A number with a prefix of so many bits (RFC 7541, section 5.1), and where it ends."""
    most = (1 << bits) - 1
    value, at = block[at] & most, at + 1
    if value < most:
        return value, at
    shift = 0
    while True:
        byte, at = block[at], at + 1
        value += (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def _literal(name: int, value: bytes) -> bytes:
    """A field whose name stands in the static table."""
    return _prefixed(0x50, 4, name) + _prefixed(0x00, 7, len(value)) + value


def _prefixed(mark: int, bits: int, number: int) -> bytes:
    """A number below 127 above its prefix (RFC 7541, section 5.1)."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([mark | number])
    return bytes([mark | most, number - most])
