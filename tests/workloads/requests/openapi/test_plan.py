"""From a document to requests that are answered well: ids come from earlier answers."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.errors import UsageError
from bench.workloads.requests.openapi.reading import openapi
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_plan import FoundRequests
from tests.workloads.requests.openapi.shop import asking, shop


async def settled(app: Any, named: str = "", *, writes: bool = False) -> FoundRequests:
    """What an app can be asked."""
    plan = openapi(named, writes=writes).plan
    assert plan is not None
    return await plan.settled(asking(app))


def sent(found: FoundRequests) -> list[str]:
    """Method and target of each request."""
    return [f"{each.method} {each.target}" for each in found.requests]


async def test_gets_of_the_app_s_own_document() -> None:
    """Ids are those of the list; what is not answered well is left out, with the reason."""
    found = await settled(shop())
    assert sent(found) == [
        "GET /items?limit=10", "GET /search?q=a", "GET /items/11", "GET /items/11/price",
    ]  # fmt: skip
    assert found.left_out == {
        "/users/{user_id}": "404 Not Found at /users/1",
        "/private": "401 Unauthorized at /private",
    }
    assert found.unasked == 4


async def test_all_methods() -> None:
    """What reads comes first, what makes records last; what can be sent only once is left out."""
    app = shop()
    found = await settled(app, writes=True)
    assert sent(found)[-2:] == ["PUT /items/11", "POST /items"]
    body = b'{"name":"aaa","price":1,"tags":[]}'
    assert [each.body for each in found.requests[-2:]] == [body, body]
    assert found.left_out["DELETE /items/{item_id}"] == "it can be sent only once: 204, then 404"
    assert found.left_out["POST /nodes"] == "field 'child': its schema contains itself"
    assert found.unasked == 0
    again = await settled(app)
    assert "GET /items/11" in sent(again)  # what was deleted had been made for it


async def test_a_place_that_is_named_and_one_that_is_found() -> None:
    """By its path or a URL, wherever it is; and where frameworks have it."""
    assert sent(await settled(shop(openapi_url="/v2/api.json"), "/v2/api.json"))
    assert sent(await settled(shop(openapi_url="/v2/api.json"), "https://shop.test/v2/api.json"))
    assert sent(await settled(shop(openapi_url="/api/v1/openapi.json")))
    with pytest.raises(UsageError, match=r"/v3 is answered with 404 Not Found; name its path"):
        await settled(shop(), "/v3")
    with pytest.raises(UsageError, match=r"it is not at /openapi.json, nor at \d+ other usual"):
        await settled(shop(openapi_url=None))


async def test_a_place_that_the_app_tells() -> None:
    """It is asked before the usual ones, unless somebody has named a place."""
    app = asking(shop(openapi_url="/odd/spec.json"))
    plan, named = openapi("").plan, openapi("/v3").plan
    assert plan is not None
    assert named is not None
    with pytest.raises(UsageError, match=r"it is not at /openapi\.json"):
        await plan.settled(app)
    assert sent(await plan.knowing(("/odd/spec.json",)).settled(app))
    with pytest.raises(UsageError, match=r"/v3 is answered with 404"):
        await named.knowing(("/odd/spec.json",)).settled(app)


@pytest.mark.parametrize("base", ["/shop/v1", "/elsewhere"])
async def test_the_base_of_a_document(base: str, tmp_path: Path) -> None:
    """Paths are below it, or, where nothing is there, without it."""
    document = tmp_path / "api.json"
    document.write_text(json.dumps({
        "openapi": "3.0.3", "servers": [{"url": f"https://h{base}/"}], "paths": {"/x": {"get": {}}},
    }))  # fmt: skip

    async def ask(request: PlainRequest) -> httpx.Response:
        return httpx.Response(200 if request.target in {"/shop/v1/x", "/x"} else 404)

    plan = openapi(str(document)).plan
    assert plan is not None
    found = await plan.settled(ask)
    assert sent(found) == ["GET /shop/v1/x" if base == "/shop/v1" else "GET /x"]


async def test_links_and_locations(tmp_path: Path) -> None:
    """A document's links say where ids are, and so does the Location of what was made."""
    document = tmp_path / "api.json"
    linked = {"operationId": "report", "parameters": {"number": "$response.body#/job/of"}}
    number = {"parameters": [{"name": "number", "in": "path", "required": True}]}
    document.write_text(json.dumps({"openapi": "3.1.0", "paths": {
        "/jobs": {"get": {"responses": {"200": {"links": {"report": linked}}}}, "post": {}},
        "/reports/{number}": {"get": {"operationId": "report"}, **number},
        "/jobs/{number}": {"get": {}, **number},
    }}))  # fmt: skip

    async def ask(request: PlainRequest) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, headers={"location": "http://h/jobs/ab%20c"})
        known = {"/jobs", "/reports/r7", "/jobs/ab%20c"}
        status = 200 if request.target in known else 404
        return httpx.Response(status, json={"job": {"of": "r7"}, "n": [1]})

    plan = openapi(str(document), writes=True).plan
    assert plan is not None
    found = await plan.settled(ask)
    assert sent(found) == ["GET /jobs", "GET /reports/r7", "GET /jobs/ab%20c", "POST /jobs"]


async def test_no_answer_leaves_out() -> None:
    """A stream that goes on is named."""

    async def ask(request: PlainRequest) -> httpx.Response:
        if request.target == "/openapi.json":
            return httpx.Response(200, json={"paths": {"/events": {"get": {}}, "/x": {"get": {}}}})
        if request.target == "/events":
            raise ValueError("its answer did not end within 10 s")
        return httpx.Response(200)

    plan = openapi("").plan
    assert plan is not None
    found = await plan.settled(ask)
    assert sent(found) == ["GET /x"]
    assert found.left_out == {"/events": "its answer did not end within 10 s"}
