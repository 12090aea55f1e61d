"""Values that are made up: the schema allows them, and they are the same each time."""

from typing import Any

import jsonschema_rs
import pytest

from bench.workloads.requests.openapi.document import ApiDocument
from bench.workloads.requests.openapi.values import made

TREE = {"type": "object", "required": ["name"], "properties": {
    "name": {"type": "string"}, "of": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
}}  # fmt: skip
DEFINITIONS = {
    "Tree": TREE,
    "Loop": {"type": "object", "required": ["of"], "properties": {"of": {"$ref": "#/$defs/Loop"}}},
    "Wide": {"allOf": [{"$ref": "#/$defs/Wide"}] * 9},
}
DOCUMENT = ApiDocument("it", {"paths": {}, "$defs": DEFINITIONS})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "minLength": 3}, "aaa"),
        ({"type": "string", "maxLength": 0}, ""),
        ({"type": "string", "format": "uuid"}, "7a0e4b1e-6d43-4f0c-9d5c-2f6b1a3c8e90"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T12:00:00Z"),
        ({"type": "string", "format": "email"}, "user@example.com"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "number", "exclusiveMinimum": 0}, 1),
        ({"type": "number", "exclusiveMinimum": 1}, 2),
        ({"type": "integer", "exclusiveMaximum": 1}, 0),
        ({"type": "number", "minimum": 0.25, "maximum": 0.75}, 0.25),
        ({"type": "number", "multipleOf": 0.5, "minimum": 1.2}, 1.5),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, 0.5),
        ({"type": ["null", "boolean"]}, True),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"pattern": "x"}}, []),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"oneOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}, {"name": "a"}),
        (
            {"allOf": [{"$ref": "#/$defs/Tree"}, {"required": ["n"], "properties": {"n": {}}}]},
            {"n": "a", "name": "a"},
        ),
        ({"$ref": "#/$defs/Tree", "required": ["name", "of"]}, {"name": "a"}),
        ({"properties": {"a": {"default": 7}, "b": {"type": "string"}}}, {"a": 7}),
        ({"type": "object", "required": ["x"]}, {"x": "a"}),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": 5}, 5),
        ({}, "a"),
    ],
)
def test_a_value(schema: dict[str, Any], value: object) -> None:
    """It is valid; where a reference stands beside other words, they are ignored, as 3.0 has it."""
    assert made(DOCUMENT, schema) == value
    if "$ref" not in schema:
        jsonschema_rs.validate({**schema, "$defs": DEFINITIONS}, value)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "pattern": "^x+$"}, "it has a pattern, and no example"),
        ({"type": "string", "minLength": 10**9}, "its minLength is 1,000,000,000"),
        ({"type": "array", "minItems": 2, "uniqueItems": True}, "its items must differ"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "no number is within its bounds"),
        ({"$ref": "#/$defs/Loop"}, "^field 'of': its schema contains itself$"),
        ({"$ref": "#/$defs/Wide"}, "its schema contains itself"),
        ({"$ref": "#/$defs/None"}, "which is not there"),
        ({"$ref": "http://h/x"}, "it refers to another document"),
    ],
)
def test_what_cannot_be_made_up(schema: dict[str, Any], said: str) -> None:
    """The reason is named."""
    with pytest.raises(ValueError, match=said):
        made(DOCUMENT, schema)


def test_a_schema_that_branches_without_end_is_left_soon() -> None:
    """Ten arrays in ten arrays in ten: a bound, not a day."""
    names = [f"n{n}" for n in range(10)]
    definitions = {
        f"L{level}": {"type": "object", "required": names, "properties": {
            name: {"type": "array", "items": {"$ref": f"#/$defs/L{level + 1}"}} for name in names
        }} for level in range(30)
    }  # fmt: skip
    document = ApiDocument("it", {"$defs": definitions})
    with pytest.raises(ValueError, match="its schema is too large"):
        made(document, {"$ref": "#/$defs/L0"})
