"""Where in a TOML text a key stands: tomllib tells values, not lines."""

import re
from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def line_of(text: str, path: Sequence[str | int], holding: str | None = None) -> int:
    """Return the line, from 1, of the key at `path`, or of the nearest table around it.

    `holding`: a string in its value, which may be an array over several lines: the line of that.
    Multi-line strings are not looked into: a profile has no use for one.
    """
    line = _line_of_key(text, path)
    if holding is None:
        return line
    following = enumerate(text.splitlines()[line - 1 :], start=line)
    return next((number for number, each in following if holding in each), line)


def _line_of_key(text: str, path: Sequence[str | int]) -> int:
    keys = [part for part in path if isinstance(part, str)]
    best_depth, best_line = 0, 1
    for line, where in _places(text):
        if len(where) > best_depth and where == keys[: len(where)]:
            best_depth, best_line = len(where), line
    return best_line


def _places(text: str) -> Iterator[tuple[int, list[str]]]:
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield number, table
        elif key := _KEY.match(line):
            yield number, table + _parts(key[1])


def _parts(dotted: str) -> list[str]:
    return ["".join(groups) for groups in _PART.findall(dotted)]
