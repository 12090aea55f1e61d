"""OpenAPI documents in files: what is known of them before an app is there, and bad ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.workloads.requests.openapi.document import document
from bench.workloads.requests.openapi.operations import operations
from bench.workloads.requests.openapi.reading import openapi


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
    "/needs": {"get": {"parameters": [parameter("q", "query", required=True)]}},
    "/circle": {"get": {"parameters": [{"$ref": "#/components/parameters/round"}]}},
    "/nowhere": {"get": {"parameters": [{"$ref": "#/components/none"}]}},
    "/elsewhere": {"$ref": "other.yaml#/x"},
    "/only": {"post": {}},
}  # fmt: skip
COMPONENTS = {
    "parameters": {
        "kind": parameter("kind", "path", schema={"$ref": "#/components/schemas/Kind"}),
        "round": {"$ref": "#/components/parameters/round"},
    },
    "schemas": {"Kind": {"enum": ["a/b", "c"]}},
}


def test_what_is_known_before(tmp_path: Path) -> None:
    """Requests whose values a document gives; what cannot be asked for has its reason."""
    path = tmp_path / "openapi.json"
    content = {"openapi": "3.1.0", "paths": PATHS, "components": COMPONENTS}
    path.write_text(json.dumps(content))
    found = openapi(str(path))
    assert [each.target for each in found.requests] == [
        "/", "/items?limit=10&tag=a&tag=b+c", "/items/7", "/kinds/a%2Fb",
    ]  # fmt: skip
    _, left_out, unasked = operations(document(json.dumps(content), "it"), writes=False)
    assert left_out == {
        "/needs": "query parameter 'q' has no example",
        "/circle": "its references go round in a circle",
        "/nowhere": "it refers to '#/components/none', which is not there",
        "/elsewhere": "it refers to another document, 'other.yaml#/x'",
    }
    assert unasked == 2


YAML = """
openapi: 3.0.3
info: {title: Shop, version: 2026-01-31}
paths:
  /days/{day}:
    get:
      parameters:
      - {name: day, in: path, required: true, example: 2026-01-31}
      - {name: country, in: query, schema: {type: string, enum: [no, yes]}}
      responses: {200: {description: fine}}
"""
SWAGGER = {
    "swagger": "2.0", "host": "shop.test", "basePath": "/v1/", "paths": {
        "/baskets": {"post": {"parameters": [
            {"name": "basket", "in": "body", "schema": {"$ref": "#/definitions/Basket"}},
            {"name": "dry", "in": "query", "type": "boolean", "required": True},
        ]}},
        "/login": {"post": {"parameters": [
            {"name": "user", "in": "formData", "type": "string", "required": True},
            {"name": "age", "in": "formData", "type": "integer", "default": 7},
        ]}},
    },
    "definitions": {"Basket": {"required": ["count"], "properties": {
        "count": {"type": "integer", "minimum": 3}, "note": {"type": "string"},
    }}},
}  # fmt: skip


def test_yaml(tmp_path: Path) -> None:
    """Dates are text, and so are yes and no."""
    path = tmp_path / "api.yaml"
    path.write_text(YAML)
    assert [each.target for each in openapi(str(path)).requests] == ["/days/2026-01-31?country=no"]


def test_version_2(tmp_path: Path) -> None:
    """Bodies are parameters there, and a path may be before all others."""
    path = tmp_path / "swagger.json"
    path.write_text(json.dumps(SWAGGER))
    first, second = openapi(str(path), writes=True).requests
    assert (first.target, first.body) == ("/v1/baskets?dry=true", b'{"count":3}')
    assert (second.target, second.body) == ("/v1/login", b"user=a&age=7")
    assert dict(second.headers) == {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openapi: 3.1.0\n", "is no OpenAPI document"),
        ("openapi: [\n", r"is neither JSON nor YAML \(line 2\)"),
        ("a: &a [*a]\n", "is no OpenAPI document"),
        ("? [x]\n: y\n", r"is neither JSON nor YAML \(line 1\)"),
        ('{"openapi": ', r"is no JSON \(line 1\)"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no OpenAPI document"),
        ('{"paths": []}', "is no OpenAPI document"),
        ('{"paths": {}}', "it has no GET"),
        ('{"paths": {"/x": {"post": {}}}}', "it has no GET; --writes sends 1 that write"),
        ('{"paths": {"/x": null, "/y": {"get": 1}}}', "it has no GET"),
        ('{"paths": {"/x": {"get": {"requestBody": {"content": {"image/png": {}}}}}}}', "made up"),
    ],
)
def test_a_bad_document(text: str, said: str, tmp_path: Path) -> None:
    """One line that names it."""
    path = tmp_path / "openapi.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        openapi(str(path))
    assert "openapi.json" in str(caught.value)
    assert "\n" not in str(caught.value)
