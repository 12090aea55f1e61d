"""A thousand mutations of OpenAPI documents that an app serves, and of its answers."""

import httpx

from bench.errors import UsageError
from bench.workloads.requests.kept import kept, read
from bench.workloads.requests.openapi.reading import openapi
from bench.workloads.requests.plain_request import PlainRequest
from tests.fuzz.trying import mutants

DOCUMENTS = [
    b"""{"openapi": "3.1.0", "servers": [{"url": "https://h/{v}", "variables": {"v": {"default":
    1}}}],
    "paths": {"/a": {"get": {"responses": {"200": {"links": {"l": {"operationId": "b",
    "parameters": {"id": "$response.body#/0/id"}}}}}}, "post": {"requestBody": {"content":
    {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}},
    "/a/{id}": {"get": {"operationId": "b", "parameters": [{"name": "id", "in": "path",
    "schema": {"type": "integer", "minimum": 3}}]}, "delete": {"parameters": [{"name": "id",
    "in": "path", "schema": {"format": "uuid"}}]}}}, "components": {"schemas": {"A": {"type":
    "object", "required": ["n", "of"], "properties": {"n": {"type": "number", "exclusiveMinimum":
    0, "maximum": 7.5}, "of": {"type": "array", "items": {"allOf": [{"$ref":
    "#/components/schemas/A"}]}}, "at": {"anyOf": [{"type": "null"}, {"const": 1}]}}}}}}""",
]
ANSWERS = [b'[{"id": 7, "name": "x"}]', b'{"items": [{"id": "\\u00fc/"}], "n": 1}', b'"text"']


async def test_documents_and_answers() -> None:
    """What comes of them can be sent, and is kept as it was; or it is refused in one line."""
    answers = mutants(ANSWERS, 52)
    plan = openapi("", writes=True).plan
    assert plan is not None
    found, refused = 0, list[str]()
    for number, text in enumerate(mutants(DOCUMENTS, 51)):

        async def ask(
            request: PlainRequest, text: bytes = text, number: int = number
        ) -> httpx.Response:
            if request.target == "/openapi.json":
                return httpx.Response(200, content=text)
            return httpx.Response(200, content=answers[number % len(answers)])

        try:
            settled = await plan.settled(ask)
        except UsageError as error:
            refused.append(str(error))
            continue
        found += len(settled.requests)
        for each in settled.requests:
            entry = kept(each, ())
            assert entry is None or read(entry, ()) == each
        refused += settled.left_out.values()
    assert found > 100
    assert [each for each in refused if len(each.splitlines()) != 1] == []
