"""Reading a file that should be requirements, but may be anything."""

import codecs
import tomllib
from pathlib import Path
from typing import Any, Final

from servers.errors import ProfileError

MOST_BYTES: Final = 20_000_000
"""Locks of large projects have a few million."""

_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is its beginning
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def is_there(path: Path) -> bool:
    """Tell whether it is a file; a name that is too long for one names none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_text(path: Path) -> str:
    """Return the text: UTF-8, or what its first bytes say. Raises ProfileError."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if path.is_file() and size <= MOST_BYTES else b""
    except OSError as error:
        raise ProfileError(f"requirements '{path}' cannot be read: {error.strerror}") from error
    if not path.is_file():
        raise ProfileError(f"requirements '{path}' is not a file: name a requirements file")
    if size > MOST_BYTES:
        raise ProfileError(
            f"requirements '{path}' has {size / 1e6:.0f} MB, too much for requirements: "
            "name another file"
        )
    return _decoded(raw, path)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds. Raises ProfileError, with the line."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"'{path}' is not valid TOML: {error}") from error


def _decoded(raw: bytes, path: Path) -> str:
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProfileError(
            f"requirements '{path}' line {line}: not {encoding.upper()} text "
            f"(byte 0x{raw[error.start]:02x}): save it as UTF-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ProfileError(
            f"requirements '{path}' line {line}: it contains a NUL byte: name a text file"
        )
    return text
