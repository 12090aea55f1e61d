"""OpenAPI documents: which GETs can be asked without more."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.workloads.requests.openapi import openapi


def parameter(name: str, where: str, **more: Any) -> dict[str, Any]:
    """One of a path or a query."""
    return {"name": name, "in": where, **more}


PATHS: dict[str, Any] = {
    "/": {"get": {}, "post": {}},
    "/items": {"get": {"parameters": [
        parameter("limit", "query", schema={"default": 10}),
        parameter("q", "query", schema={"type": "string"}),
        parameter("tag", "query", examples={"one": {"value": ["a", "b c"]}}),
    ]}},
    "/items/{id}": {
        "parameters": [parameter("id", "path", required=True, example=7)],
        "get": {},
    },
    "/kinds/{kind}": {"get": {"parameters": [{"$ref": "#/components/parameters/kind"}]}},
    "/users/{id}": {"get": {"parameters": [parameter("id", "path", required=True)]}},
    "/circle": {"get": {"parameters": [{"$ref": "#/components/parameters/round"}]}},
    "/only": {"post": {}},
}  # fmt: skip
COMPONENTS = {
    "parameters": {
        "kind": parameter("kind", "path", schema={"$ref": "#/components/schemas/Kind"}),
        "round": {"$ref": "#/components/parameters/round"},
    },
    "schemas": {"Kind": {"enum": ["a/b", "c"]}},
}


def written(tmp_path: Path, document: object) -> Path:
    """A document in a file."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def test_gets_with_examples_and_defaults(tmp_path: Path) -> None:
    """Those that lack a value are named."""
    path = written(tmp_path, {"openapi": "3.1.0", "paths": PATHS, "components": COMPONENTS})
    found = openapi(path)
    assert [each.target for each in found.requests] == [
        "/", "/items?limit=10&tag=a&tag=b+c", "/items/7", "/kinds/a%2Fb",
    ]  # fmt: skip
    (note,) = found.notes
    assert "/users/{id} (path parameter 'id' has no example)" in note
    assert "/circle (its references go round in a circle)" in note


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openapi: 3.1.0\n", r"is no JSON \(line 1\)"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no OpenAPI document"),
        ('{"paths": []}', "is no OpenAPI document"),
        ('{"paths": {}}', "it has no GET"),
        ('{"paths": {"/x": null, "/y": {"get": 1}}}', "it has no GET"),
        ('{"paths": {"/x/{y}": {"get": {}}}}', "a part of its path is no parameter"),
        ('{"paths": {"x": {"get": {}}}}', "neither a path"),
    ],
)
def test_a_bad_document(text: str, said: str, tmp_path: Path) -> None:
    """One line that names it."""
    path = tmp_path / "openapi.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        openapi(path)
    assert "openapi.json" in str(caught.value)
