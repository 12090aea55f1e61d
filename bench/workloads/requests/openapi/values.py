"""Values that a schema allows: deterministic, the same for the same schema everywhere.

What a document gives comes first: an example, a default, one of the values that it lists.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bench.workloads.requests.openapi.document import ApiDocument, mapping

UNSET: Final = object()
_MOST_SCHEMAS: Final = 2000  # in one value
_LONGEST: Final = 1000  # characters or items that are made
_STRINGS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "user@example.com",
    "idn-email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "uuid": "7a0e4b1e-6d43-4f0c-9d5c-2f6b1a3c8e90",
    "byte": "YQ==",
    "json-pointer": "/a",
}
"""By format; names and addresses are those that RFC 2606, 5737 and 3849 keep for examples."""


def given(document: ApiDocument, owner: Any) -> Any:
    """The first value that a parameter, a body or a schema gives itself; UNSET: none."""
    found = mapping(document.resolved(owner))
    if "example" in found:
        return found["example"]
    named = found.get("examples")
    for each in named.values() if isinstance(named, Mapping) else ():
        example = mapping(document.resolved(each))
        if "value" in example:
            return example["value"]
    if isinstance(named, list) and named:
        return named[0]
    for name in ("const", "default"):
        if found.get(name) is not None:
            return found[name]
    listed = found.get("enum")
    return listed[0] if isinstance(listed, list) and listed else UNSET


def made(document: ApiDocument, schema: Any) -> Any:
    """A value that a schema allows.

    Raises ValueError where none can be made up: of a pattern, or of a schema that contains itself.
    """
    return _Maker(document).value(schema)


@dataclass(slots=True)
class _Maker:
    """Makes one value. left: schemas that it may yet look at. within: references that it is in."""

    document: ApiDocument
    left: int = _MOST_SCHEMAS
    within: list[str] = field(default_factory=list)

    def value(self, schema: Any) -> Any:
        """A value of one schema."""
        with self._entered(schema):
            found = self._combined(schema)
            value = given(self.document, found)
            if value is not UNSET:
                return value
            return self._of_kind(_kind(found), found)

    @contextmanager
    def _entered(self, schema: Any) -> Iterator[None]:
        """Raise ValueError where a schema is within itself, or there are too many."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("its schema is too large to make up a value of it")
        reference = str(mapping(schema).get("$ref", ""))
        if reference and reference in self.within:
            raise ValueError("its schema contains itself")
        self.within.append(reference)
        try:
            yield
        finally:
            self.within.pop()

    def _combined(self, schema: Any) -> Mapping[str, Any]:
        """A schema with what it is combined of: all of allOf, the first choice of others."""
        document = self.document
        found = dict(mapping(document.resolved(schema)))
        parts = list(_several(found.pop("allOf", None)))
        for name in ("oneOf", "anyOf"):
            choices = _several(found.pop(name, None))
            parts += [each for each in choices if mapping(each).get("type") != "null"][:1]
        for part in parts:
            with self._entered(part):
                other = self._combined(part)
            both = mapping(other.get("properties")), mapping(found.get("properties"))
            needed = _several(other.get("required")), _several(found.get("required"))
            found = {**other, **found, "properties": {**both[0], **both[1]}}
            found["required"] = [*needed[0], *needed[1]]
        return found

    def _of_kind(self, kind: str, schema: Mapping[str, Any]) -> Any:
        match kind:
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return _string(schema)

    def _array(self, schema: Mapping[str, Any]) -> list[Any]:
        """As few items as are allowed; one, where it may be empty and one can be made."""
        least = _count(schema, "minItems")
        if least > 1 and schema.get("uniqueItems"):
            raise ValueError("its items must differ, and it has no example")
        try:
            return [self.value(schema.get("items"))] * max(1, least)
        except ValueError:
            if least:
                raise
            return []

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """What it requires, and what it gives examples of; nothing that only answers have."""
        found: dict[str, Any] = {}
        properties = mapping(schema.get("properties"))
        required = {each for each in _several(schema.get("required")) if isinstance(each, str)}
        for name, each in properties.items():
            inner = mapping(self.document.resolved(each))
            if inner.get("readOnly") is True:
                continue
            if name in required:
                found[name] = self._field(name, each)
            elif (value := given(self.document, inner)) is not UNSET:
                found[name] = value
        for name in sorted(required - properties.keys()):
            found[name] = "a"
        return found

    def _field(self, name: str, schema: Any) -> Any:
        """The value of a field; a fault says which, once."""
        try:
            return self.value(schema)
        except ValueError as error:
            text = str(error)
            text = text if text.startswith("field ") else f"field {name[:40]!r}: {text}"
            raise ValueError(text) from error


def _kind(schema: Mapping[str, Any]) -> str:
    """Its type; of several, the first that is not null."""
    kinds = [each for each in _several(schema.get("type")) if each != "null"]
    if kinds or isinstance(schema.get("type"), str):
        return str(kinds[0] if kinds else schema["type"])
    if mapping(schema.get("properties")) or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        raise ValueError("it has a pattern, and no example")
    form = schema.get("format")
    if isinstance(form, str) and form in _STRINGS:
        return _STRINGS[form]
    least, most = _count(schema, "minLength"), schema.get("maxLength")
    text = "a" * max(1, least)
    return text[:most] if isinstance(most, int) and most >= 0 else text


def _number(schema: Mapping[str, Any]) -> int | float:
    """One, or what is nearest to a bound, or between two. Raises ValueError where none is."""
    low, high = _bound(schema, "inimum"), _bound(schema, "aximum")
    step = _figure(schema.get("multipleOf")) or 1
    bounds = [each for each in (low, high) if each is not None]
    tried: list[int | float] = [1, step]
    for each in bounds:
        tried += [-(-each // step) * step, (each // step + 1) * step, each // step * step - step]
    tried += [*bounds, sum(bounds) / 2]
    for value in tried:
        if _allowed(value, schema, low, high):
            return int(value) if value == int(value) else value
    raise ValueError("no number is within its bounds")


def _allowed(
    value: float, schema: Mapping[str, Any], low: float | None, high: float | None
) -> bool:
    step = _figure(schema.get("multipleOf"))
    out = (low is not None and value < low) or (high is not None and value > high)
    at_open_end = (value == low and _is_open(schema, "inimum")) or (
        value == high and _is_open(schema, "aximum")
    )
    whole = value == int(value) or schema.get("type") == "number"
    return not out and not at_open_end and whole and (not step or value % step == 0)


def _bound(schema: Mapping[str, Any], which: str) -> int | float | None:
    """A bound, which is in one of two fields; that of the other may be a flag, as until 3.0."""
    plain = _figure(schema.get(f"m{which}"))
    return plain if plain is not None else _figure(schema.get(f"exclusiveM{which}"))


def _is_open(schema: Mapping[str, Any], which: str) -> bool:
    is_open = schema.get(f"exclusiveM{which}")
    return is_open is True or (_figure(is_open) is not None and f"m{which}" not in schema)


def _count(schema: Mapping[str, Any], name: str) -> int:
    value = schema.get(name)
    count = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if count > _LONGEST:
        raise ValueError(f"its {name} is {count:,}, more than is made up")
    return max(0, count)


def _figure(value: Any) -> int | float | None:
    is_figure = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_figure or abs(value) > 1e15:  # noqa: PLR2004 - where floats are no longer whole
        return None
    return value  # type: ignore[no-any-return]


def text_of(value: Any) -> str:
    """A value as it stands in a path or a query."""
    return value if isinstance(value, str) else json.dumps(value)
