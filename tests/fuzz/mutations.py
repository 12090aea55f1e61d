"""Files that are not quite what they were: bytes lost, doubled, moved, and put in between."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

_INSERTED: Final = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\r", b"\r\n", b"\n\n",
    b"\t", b" ", b"'", b'"', b'"""', b"#", b"=", b"==", b"[", b"]", b"{", b"}", b"{x}", b"{port}",
    b"[[", b"$", b"${A}", b"\\", b"\\u12", b"-r ", b"-e ", b"@", b"://", b";", b",", b"..", b"/",
    b"-1", b"1e999", b"9" * 40, b"None", b"nan", b"\xf0\x9f\x92\xa9", b"a" * 5000, b"(" * 300,
)  # fmt: skip


def mutated(text: bytes, rng: np.random.Generator, others: Sequence[bytes] = ()) -> bytes:
    """The same with one to four mutations; now and then another encoding, or a part of another."""
    steps: list[Callable[[bytes, np.random.Generator], bytes]] = [
        _flipped, _cut, _doubled, _inserted, _inserted, _inserted, _swapped, _truncated,
    ]  # fmt: skip
    for _ in range(int(rng.integers(1, 5))):
        text = steps[int(rng.integers(len(steps)))](text, rng)
    match int(rng.integers(20)):
        case 0:
            return text.decode("latin-1").encode("utf-16")
        case 1 if others:
            other = others[int(rng.integers(len(others)))]
            return text[: _place(text, rng)] + other[_place(other, rng) :]
        case 2:
            return b""
        case _:
            return text


def _place(text: bytes, rng: np.random.Generator) -> int:
    return int(rng.integers(len(text) + 1))


def _span(text: bytes, rng: np.random.Generator) -> tuple[int, int]:
    start = _place(text, rng)
    return start, min(len(text), start + int(rng.integers(1, 30)))


def _flipped(text: bytes, rng: np.random.Generator) -> bytes:
    at = _place(text, rng)
    return text[:at] + bytes([rng.integers(256)]) + text[at + 1 :]


def _cut(text: bytes, rng: np.random.Generator) -> bytes:
    start, end = _span(text, rng)
    return text[:start] + text[end:]


def _doubled(text: bytes, rng: np.random.Generator) -> bytes:
    start, end = _span(text, rng)
    return text[:end] + text[start:end] * int(rng.integers(1, 4)) + text[end:]


def _inserted(text: bytes, rng: np.random.Generator) -> bytes:
    at = _place(text, rng)
    return text[:at] + _INSERTED[int(rng.integers(len(_INSERTED)))] + text[at:]


def _swapped(text: bytes, rng: np.random.Generator) -> bytes:
    lines = text.splitlines(keepends=True)
    if len(lines) > 1:
        one, other = rng.integers(len(lines), size=2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _truncated(text: bytes, rng: np.random.Generator) -> bytes:
    return text[: _place(text, rng)]
