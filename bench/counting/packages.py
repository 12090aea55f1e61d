"""Which package a function belongs to, by the object file that it is in."""

import re
from pathlib import PurePath
from typing import Final

INTERPRETER: Final = "Python interpreter"
STANDARD_LIBRARY: Final = "standard library"
C_LIBRARY: Final = "C library"
UNKNOWN: Final = "unknown"

_SITE: Final = ("site-packages", "dist-packages")
_FILES: Final = (
    (
        C_LIBRARY,
        re.compile(
            r"(lib(c|m|pthread|dl|rt|gcc_s|stdc\+\+|util)|ld-linux[\w-]*|vgpreload_[\w-]+)"
            r"[-\d.]*\.so.*"
        ),
    ),
    (INTERPRETER, re.compile(r"(libpython|python)[\d.]*(\.so.*)?")),
)
_STANDARD: Final = re.compile(r"python3(\.\d+)?t?")


def package_of(file: str) -> str:
    """The package that an object file belongs to: a shared object or a program."""
    path = PurePath(file)
    parts = path.parts
    for folder in _SITE:
        if folder in parts[:-1]:
            return _top(parts[parts.index(folder) + 1])
    if not parts or file == "???":
        return UNKNOWN
    known = next((name for name, pattern in _FILES if pattern.fullmatch(path.name)), None)
    if known is not None:
        return known
    if any(map(_STANDARD.fullmatch, parts[:-1])):
        return STANDARD_LIBRARY
    return _top(path.name)


def _top(name: str) -> str:
    """The package of an entry of site-packages: a folder, a module, or a wheel's own libraries."""
    return name.removesuffix(".libs").partition(".")[0].partition("-")[0]
