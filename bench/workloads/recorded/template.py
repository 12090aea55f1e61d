"""What a body must be: text, with gaps where one answer differs from the next."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:\d[0-9.eE+-]*|Infinity)|NaN")
_WORD: Final = re.compile(r"true|false|null")
WORD: Final = re.compile(r"[A-Za-z0-9_+/=.:%@~-]+")
_LINE: Final = re.compile(r"[^\n]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where anything of these kinds may stand.

    Of JSON: object, array, string, number, word. Of text: token (letters, digits and what stands
    between them in dates and ids), line (to its end), lines (all that is left but what follows).
    """

    kinds: tuple[str, ...]


Part: TypeAlias = str | Gap


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a body is not what it must be. at: in the body; part, within: in the template."""

    at: int
    part: int
    within: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """Text and gaps in turn."""

    parts: tuple[Part, ...]

    @property
    def constant(self) -> str | None:
        """The text, where there is no gap."""
        if any(isinstance(part, Gap) for part in self.parts):
            return None
        return "".join(part for part in self.parts if isinstance(part, str))

    def filled(self, fill: Callable[[str], str]) -> "Template":
        """The same with its texts changed."""
        return Template(tuple(fill(part) if isinstance(part, str) else part for part in self.parts))

    def mismatch(self, text: str) -> Mismatch | None:
        """Where a text differs first; None: nowhere."""
        at = 0
        for number, part in enumerate(self.parts):
            if isinstance(part, str):
                if not text.startswith(part, at):
                    same = _same(part, text, at)
                    return Mismatch(at + same, number, same)
                at += len(part)
            elif part.kinds == ("lines",):
                rest = self._after(number)
                if not text.endswith(rest) or len(text) - len(rest) < at:
                    return Mismatch(at, number)
                at = len(text) - len(rest)
            else:
                end = _end(part, text, at)
                if end is None:
                    return Mismatch(at, number)
                at = end
        return None if at == len(text) else Mismatch(at, len(self.parts))

    def _after(self, number: int) -> str:
        return "".join(part for part in self.parts[number + 1 :] if isinstance(part, str))

    def snippet(self, found: Mismatch, before: int, after: int) -> str:
        """What stands in the template about a place; gaps as an ellipsis."""
        texts = [part if isinstance(part, str) else "…" for part in self.parts]
        head = "".join(texts[: found.part])
        rest = "".join(texts[found.part :])
        return (head + rest[: found.within])[-before:] + rest[found.within :][:after]

    @property
    def written(self) -> list[Any]:
        """As JSON."""
        return [part if isinstance(part, str) else list(part.kinds) for part in self.parts]


def read(written: Sequence[Any]) -> Template:
    """From JSON. Raises ValueError and TypeError where it is none of ours."""
    parts: list[Part] = []
    for part in written:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, list) and set(part) <= _KINDS:
            parts.append(Gap(tuple(part)))
        else:
            raise ValueError("a part of a body is neither text nor a gap")
    return Template(tuple(parts))


def _same(part: str, text: str, at: int) -> int:
    """How many characters are the same."""
    low, high = 0, min(len(part), len(text) - at)
    while low < high:
        middle = (low + high + 1) // 2
        if text.startswith(part[:middle], at):
            low = middle
        else:
            high = middle - 1
    return low


def _end(gap: Gap, text: str, at: int) -> int | None:
    """Where what stands in a gap ends; None: it is of another kind."""
    kind = _kind_at(text, at) if gap.kinds[0] in _JSON else gap.kinds[0]
    if kind not in gap.kinds:
        return None
    if kind in {"object", "array"}:
        try:
            return _DECODER.raw_decode(text, at)[1]
        except (ValueError, RecursionError):
            return None
    found = _FORMS[kind].match(text, at)
    return None if found is None else found.end()


def _kind_at(text: str, at: int) -> str:
    """The kind of the JSON that begins at a place, by its first character."""
    first = text[at : at + 1]
    known = _FIRST.get(first)
    if known is not None:
        return known
    return "number" if first and first in "-0123456789NI" else ""


_JSON: Final = frozenset({"object", "array", "string", "number", "word"})
_KINDS: Final = _JSON | {"token", "line", "lines"}
_FIRST: Final = {"{": "object", "[": "array", '"': "string", "t": "word", "f": "word", "n": "word"}
_FORMS: Final = {
    "string": _STRING, "number": _NUMBER, "word": _WORD, "token": WORD, "line": _LINE,
}  # fmt: skip
