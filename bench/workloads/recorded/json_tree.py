"""JSON as it is written: values with the places at which they stand."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"[ \t\r\n]*(?:(?P<mark>[{}\[\],:])|(?P<string>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>-?(?:\d[0-9.eE+-]*|Infinity)|NaN)|(?P<word>true|false|null))",
    re.DOTALL,
)


@dataclass(slots=True)
class JsonValue:
    """One value. kind: object, array, string, number or word; its text is from start to end."""

    kind: str
    start: int
    end: int = 0
    items: list[tuple[str, "JsonValue"]] = field(default_factory=list)  # by key, or number


def parsed(text: str) -> JsonValue | None:
    """The whole of a text; None where it is no JSON, or nested too deeply."""
    try:
        json.loads(text)
        return _value(text, 0)
    except (ValueError, RecursionError):
        return None


def _value(text: str, at: int) -> JsonValue:
    token = _token(text, at)
    kind = str(token.lastgroup)
    start = token.start(kind)
    if kind != "mark":
        return JsonValue(kind, start, token.end())
    is_object = token[kind] == "{"
    value = JsonValue("object" if is_object else "array", start)
    at = token.end()
    while (closing := _token(text, at))["mark"] not in {"}", "]"}:
        if closing["mark"] == ",":
            at = closing.end()
        key = str(len(value.items))
        if is_object:
            named = _token(text, at)
            key = json.loads(named["string"])
            at = _token(text, named.end()).end()  # the colon
        item = _value(text, at)
        value.items.append((key, item))
        at = item.end
    value.end = closing.end()
    return value


def _token(text: str, at: int) -> re.Match[str]:
    found = _TOKEN.match(text, at)
    if found is None:
        raise ValueError(f"no token at {at}")
    return found


def path_at(value: JsonValue, at: int) -> tuple[str, JsonValue]:
    """The path of the innermost value around a place, as $.prices[3].cents; and that value."""
    path = "$"
    while True:
        inner = next(((k, v) for k, v in value.items if v.start <= at < v.end), None)
        if inner is None:
            return path, value
        path += f"[{inner[0]}]" if value.kind == "array" else f".{inner[0]}"
        value = inner[1]


def scalars(value: JsonValue) -> Iterator[JsonValue]:
    """All values that have no others in them."""
    if value.kind in {"object", "array"}:
        for _, item in value.items:
            yield from scalars(item)
    else:
        yield value
