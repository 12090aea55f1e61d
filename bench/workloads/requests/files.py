"""Files of text that people name: read whole, within bounds."""

import codecs
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from bench.errors import UsageError
from bench.stats.units import NS_PER_S
from bench.system import clock

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_BYTES: Final = 64 * 1024 * 1024
_LONG_READ: Final = 10 * 10**6
"""Bytes of a file that takes some seconds to go through."""
_TOLD_EVERY_S: Final = 5.0
_MB: Final = 10**6
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def content_of(path: Path, option: str) -> bytes:
    """What is in a file that an option names. Raises UsageError."""
    check_file(path, option, MOST_BYTES)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{option} {str(path)!r} cannot be read: {_reason(error)}") from error


def check_file(path: Path, option: str, most_bytes: int) -> None:
    """Refuse what is no file, and one that is too large. Raises UsageError."""
    try:
        existing(path, option)
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise UsageError(f"{option} {str(path)!r} cannot be read: {_reason(error)}") from error
    if size > most_bytes:
        raise UsageError(
            f"{option} {str(path)!r} has {size / 2**20:,.0f} MiB: at most "
            f"{most_bytes >> 20:,} can be read; name a part of it"
        )


def opened(path: Path, doing: str, phase: Callable[[str], None]) -> BinaryIO:
    """Open a file; of a long one, how far it was read is told at first and every few seconds.

    doing: what is done with it, as "reading". Raises OSError.
    """
    if path.stat().st_size < _LONG_READ:
        return path.open("rb")
    return io.BufferedReader(_Told(path, doing, phase), 1 << 20)


class _Told(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, doing: str, phase: Callable[[str], None]) -> None:
        super().__init__(path)
        self._doing, self._phase = f"{doing} {path}", phase
        self._whole = path.stat().st_size
        self._told_ns = clock.monotonic_ns()
        phase(f"{self._doing}, {self._whole / _MB:,.0f} MB")

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read, and tell if there was no word for a while."""
        found = super().readinto(buffer)
        now_ns = clock.monotonic_ns()
        if now_ns - self._told_ns >= _TOLD_EVERY_S * NS_PER_S:
            self._told_ns = now_ns
            self._phase(f"{self._doing}: {self.tell() / self._whole:.0%}")
        return found


def existing(path: Path, option: str) -> None:
    """Refuse what is no file that exists. Raises UsageError, and OSError where it is unknown."""
    if not path.exists():
        raise UsageError(f"{option} {str(path)!r} does not exist: name a file")
    if not path.is_file():
        raise UsageError(f"{option} {str(path)!r} is no file: name a file")


def text_of(path: Path, option: str) -> str:
    """The text of a file, in UTF-8, or in UTF-16 with its mark. Raises UsageError."""
    content = content_of(path, option)
    if not content.strip():
        raise UsageError(f"{option} {str(path)!r} is empty: name a file with requests")
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{option} {str(path)!r}, line {line}: it is no text in UTF-8: save it as one"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UsageError(f"{option} {str(path)!r}, line {line}: it is binary: name a file of text")
    return text


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
