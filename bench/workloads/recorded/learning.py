"""From several answers to what all of them have in common."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Final, TypeAlias

from bench.workloads.recorded.changing import is_measured
from bench.workloads.recorded.json_tree import JsonValue, parsed
from bench.workloads.recorded.template import WORD, Gap, Part, Template
from bench.workloads.secrets import is_secret

_TOKENS: Final = re.compile(rf"{WORD.pattern}|.", re.DOTALL)
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_Changes: TypeAlias = Callable[[str], bool]
_Place: TypeAlias = tuple[int, int, Gap]


def learned(texts: Sequence[str], changes: _Changes, *, secret: bool = True) -> Template:
    """What is the same in all texts, with gaps where they differ.

    `changes`: whether a value is another at another time, though it was not in these. `secret`:
    values of JSON whose names look like secrets are gaps too; so are those that an app measures.
    """
    values = [parsed(text) for text in texts]
    whole = [value for value in values if value is not None]
    if len(whole) == len(texts) and whole[0].kind in {"object", "array"}:
        gaps = list(_gaps(whole, texts, changes, secret=secret))
        return _with_gaps(texts[0], gaps)
    return Template(tuple(_merged(_of_lines([_LINES.findall(text) for text in texts], changes))))


def _gaps(
    values: Sequence[JsonValue], texts: Sequence[str], changes: _Changes, *, secret: bool
) -> Iterator[_Place]:
    """Where JSON differs, as deep down as can be; places are those of the first."""
    first = values[0]
    keys = [[key for key, _ in value.items] for value in values]
    kinds = {value.kind for value in values}
    if kinds <= {"object", "array"} and len(kinds) == 1 and all(each == keys[0] for each in keys):
        for number, key in enumerate(keys[0]):
            items = [value.items[number][1] for value in values]
            if first.kind == "object" and _is_open(key, items[0], secret=secret):
                yield items[0].start, items[0].end, _gap(items)
            else:
                yield from _gaps(items, texts, changes, secret=secret)
        return
    written = [text[value.start : value.end] for value, text in zip(values, texts, strict=True)]
    if any(each != written[0] for each in written) or changes(written[0]):
        yield first.start, first.end, _gap(values)


def _is_open(name: str, value: JsonValue, *, secret: bool) -> bool:
    """Whether the value of a field is never demanded."""
    if value.kind == "string":
        return (secret and is_secret(name)) or is_measured(name)
    return value.kind == "number" and is_measured(name)


def _gap(values: Sequence[JsonValue]) -> Gap:
    return Gap(tuple(sorted({value.kind for value in values})))


def _with_gaps(text: str, gaps: Sequence[_Place]) -> Template:
    parts: list[Part] = []
    at = 0
    for start, end, gap in gaps:
        parts += [text[at:start], gap]
        at = end
    parts.append(text[at:])
    return Template(tuple(part for part in parts if part != ""))


def _of_lines(texts: Sequence[Sequence[str]], changes: _Changes) -> Iterator[Part]:
    """Line by line where there are as many in each; else what they begin and end with."""
    if len({(len(lines), bool(lines) and lines[-1].endswith("\n")) for lines in texts}) == 1:
        for lines in zip(*texts, strict=True):
            yield from _of_line(lines, changes)
        return
    before = _common(texts, changes)
    after = _common([list(reversed(lines[before:])) for lines in texts], changes)
    yield from texts[0][:before]
    yield Gap(("lines",))
    yield from texts[0][len(texts[0]) - after :]


def _common(texts: Sequence[Sequence[str]], changes: _Changes) -> int:
    """How many lines all texts begin with."""
    rows = zip(*texts, strict=False)
    same = takewhile(
        lambda row: len(set(row)) == 1 and not any(map(changes, _TOKENS.findall(row[0]))), rows
    )
    return sum(1 for _ in same)


def _of_line(lines: Sequence[str], changes: _Changes) -> Iterator[Part]:
    """Token by token where there are as many in each; else the whole line is a gap."""
    tokens = [_TOKENS.findall(line) for line in lines]
    if len({len(each) for each in tokens}) > 1:
        yield from _whole_line(lines)
        return
    found: list[Part] = []
    for row in zip(*tokens, strict=True):
        if len(set(row)) == 1 and not changes(row[0]):
            found.append(row[0])
        elif all(map(WORD.fullmatch, row)):
            found.append(Gap(("token",)))
        else:
            yield from _whole_line(lines)
            return
    yield from found


def _whole_line(lines: Sequence[str]) -> Iterator[Part]:
    yield Gap(("line",))
    if lines[0].endswith("\n"):
        yield "\n"


def _merged(parts: Iterator[Part]) -> Iterator[Part]:
    """Texts that follow each other as one."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if texts:
            yield "".join(texts)
            texts = []
        yield part
    if texts:
        yield "".join(texts)
