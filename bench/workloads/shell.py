"""Words of commands as a shell would read them, with the line that each command begins in.

`shlex` knows neither $'...', as browsers write, nor where a command ends.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_PIECE: Final = re.compile(
    r"""(?P<continued>\\\r?\n)
    | (?P<end>\r?\n|;)
    | (?P<space>[^\S\n]+)
    | '(?P<single>[^']*)'
    | \$'(?P<ansi>(?:[^'\\]|\\.)*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<plain>(?:\$(?!')|[^\s'"\\$;])+)""",
    re.VERBOSE | re.DOTALL,
)
_ANSI: Final = re.compile(r"\\(u[0-9a-fA-F]{1,4}|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ANSI_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_IN_DOUBLE: Final = re.compile(r"\\([\"\\$`])|\\\r?\n")


@dataclass
class Command:
    """The words of one command. line: where it begins, from 1."""

    line: int
    words: list[str] = field(default_factory=list)


def words_of(text: str) -> Iterator[Command]:
    """Each command of a text, by lines. Raises ValueError, which says the line."""
    at, line, comment = 0, 1, re.compile(r"#[^\n]*")
    command, word = Command(line), None
    while at < len(text):
        if word is None and (found := comment.match(text, at)):
            at = found.end()
            continue
        found = _PIECE.match(text, at)
        if found is None:
            raise ValueError(f"line {line}: a quote is not closed")
        kind = str(found.lastgroup)
        if kind in {"continued", "end", "space"}:
            if word is not None:
                command.words.append(word)
                word = None
        else:
            word = (word or "") + _unquoted(kind, found[kind])
        line += text.count("\n", at, found.end())
        at = found.end()
        if kind == "end":
            if command.words:
                yield command
            command = Command(line)
    if word is not None:
        command.words.append(word)
    if command.words:
        yield command


def quoted(words: Sequence[str]) -> str:
    """A command of these words."""
    return shlex.join(words)


def _unquoted(kind: str, text: str) -> str:
    if kind == "double":
        return _IN_DOUBLE.sub(lambda found: found[1] or "", text)
    if kind == "ansi":
        return _ANSI.sub(_named, text)
    return text


def _named(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] in "ux" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _ANSI_NAMED.get(code, code)
