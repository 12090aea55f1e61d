"""Files of VS Code's REST Client and of JetBrains' HTTP Client, taken apart: text, no meaning yet.

https://github.com/JetBrains/http-request-in-editor-spec and
https://github.com/Huachao/vscode-restclient: requests between lines of ###, each a request line,
headers, an empty line and a body; with variables, comments and scripts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_SEPARATOR: Final = "###"
_COMMENT: Final = re.compile(r"\s*(?:#|//)")
_VARIABLE: Final = re.compile(r"\s*@([^\s=]+)\s*=\s*(.*?)\s*")
_SCRIPT: Final = re.compile(r"\s*[<>]\s*\{%")
_SCRIPT_END: Final = "%}"
_SCRIPT_FILE: Final = re.compile(r">\s+\S")
_OF_RESPONSES: Final = re.compile(r"(?:>>!?|<>)\s")  # where they are kept
_GOES_ON: Final = re.compile(r"\s+\S|[?&]")  # of a target in several lines
_ANSWER: Final = re.compile(r"\s*HTTP/\d")
Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class HttpBlock:
    """One request as it is written. line: of its request line, from 1; in start all of that."""

    line: int
    start: str
    headers: tuple[Line, ...]
    body: tuple[Line, ...]


@dataclass(slots=True)
class HttpText:
    """A file's requests and variables. scripts: the lines in which such begin: none is run."""

    blocks: list[HttpBlock] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    scripts: list[int] = field(default_factory=list)


def taken_apart(text: str) -> HttpText:
    """Read a file; no text is none."""
    found = HttpText()
    for lines in _separated(text):
        block = _block(list(_without_scripts(lines, found)), found)
        if block is not None:
            found.blocks.append(block)
    return found


def _separated(text: str) -> Iterator[list[Line]]:
    lines: list[Line] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if line.startswith(_SEPARATOR):
            yield lines
            lines = []
        else:
            lines.append((number, line))
    yield lines


def _without_scripts(lines: Sequence[Line], found: HttpText) -> Iterator[Line]:
    """What is sent, or says what is; nothing of comments and of what is done with answers."""
    in_script = False
    for number, line in lines:
        if in_script:
            in_script = _SCRIPT_END not in line
        elif _SCRIPT.match(line):
            found.scripts.append(number)
            in_script = _SCRIPT_END not in line
        elif _SCRIPT_FILE.match(line):
            found.scripts.append(number)
        elif not _COMMENT.match(line) and not _OF_RESPONSES.match(line):
            yield number, line


def _block(lines: Sequence[Line], found: HttpText) -> HttpBlock | None:
    """The request of some lines, if they have one; variables before it are taken."""
    at = 0
    while at < len(lines):
        named = _VARIABLE.fullmatch(lines[at][1])
        if named:
            found.variables[named[1]] = named[2]
        elif lines[at][1].strip():
            break
        at += 1
    if at == len(lines) or _ANSWER.match(lines[at][1]):
        return None
    number, start = lines[at]
    at += 1
    while at < len(lines) and _GOES_ON.match(lines[at][1]):
        start += lines[at][1].strip()
        at += 1
    end = next((n for n in range(at, len(lines)) if not lines[n][1].strip()), len(lines))
    return HttpBlock(number, start.strip(), tuple(lines[at:end]), _trimmed(lines[end:]))


def _trimmed(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Without empty lines before and after."""
    full = [n for n, (_, line) in enumerate(lines) if line.strip()]
    return tuple(lines[full[0] : full[-1] + 1]) if full else ()
