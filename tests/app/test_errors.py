"""The one shape of every error."""

import json
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bodies import MOST_FIELDS
from app.errors import SHOWN_CHARS
from app.main import create_app
from tests.app.clients import client_of

ANY_APP = create_app()
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NEARLY_ITEMS = st.fixed_dictionaries(
    {"name": JSON_VALUES, "price": JSON_VALUES}, optional={"in_stock": JSON_VALUES}
)


@pytest.fixture
def app() -> FastAPI:
    """Build an app with endpoints that go wrong."""
    app = create_app()

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the password is 1234")

    @app.get("/wrong-answer")
    async def answer_wrongly() -> int:
        return "no number"  # type: ignore[return-value]

    @app.get("/teapot")
    async def refuse() -> None:
        raise HTTPException(418, {"spout": "short"}, headers={"X-Handle": "stout"})

    return app


async def get(app: FastAPI, path: str) -> httpx.Response:
    """Send one request to an app of its own."""
    async with client_of(app) as client:
        return await client.get(path)


@pytest.mark.parametrize("path", ["/crash", "/wrong-answer"])
async def test_crash_tells_nothing(app: FastAPI, path: str) -> None:
    """A bug is a 500 in the one shape, which says nothing of what is inside."""
    response = await get(app, path)
    assert response.status_code == 500
    message = response.json().pop("detail")
    assert message.startswith("internal error: report it with the reference ")
    assert "password" not in response.text
    assert "number" not in response.text


async def test_crash_is_logged(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """The log of a bug holds the traceback and the reference that the client was given."""
    response = await get(app, "/crash")
    [record] = [r for r in caplog.records if r.name == "app.errors"]
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert "the password is 1234" in caplog.text
    assert str(record.args and record.args[-1]) in response.text  # type: ignore[index]


async def test_refusal_keeps_status_and_headers(app: FastAPI) -> None:
    """What an endpoint refuses keeps its status and headers; its detail becomes text."""
    response = await get(app, "/teapot")
    assert response.status_code == 418
    assert response.headers["x-handle"] == "stout"
    assert response.json() == {"detail": "{'spout': 'short'}"}


async def test_long_path_is_clipped(app: FastAPI) -> None:
    """A 404 repeats only the beginning of a long path."""
    detail = (await get(app, "/" + "x" * 10_000)).json()["detail"]
    assert detail.startswith("/" + "x" * (SHOWN_CHARS - 1) + "… does not exist")


async def test_id_of_5000_digits(app: FastAPI) -> None:
    """An id longer than Python converts is a 422, not a crash."""
    response = await get(app, "/items/" + "9" * 5000)
    assert response.status_code == 422
    assert response.json()["detail"].startswith("item_id: has too many digits (got ")


async def test_unknown_method(app: FastAPI) -> None:
    """A method that nobody has heard of is a 405 like any other."""
    async with client_of(app) as client:
        response = await client.request("FROBNICATE", "/items/1")
    assert response.status_code == 405
    assert response.json() == {
        "detail": "FROBNICATE is not allowed on /items/1; allowed: DELETE, GET, PATCH, PUT"
    }


async def test_many_faults_are_counted(app: FastAPI) -> None:
    """Of many faults the first five are named and the rest is counted."""
    async with client_of(app) as client:
        response = await client.post("/items", json={f"key {n}": n for n in range(9)})
    detail = response.json()["detail"]
    assert detail.startswith("name: is required; price: is required; key 0: is not a known field")
    assert detail.endswith("; and 6 more")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b'{"a\x01": 1}', "body: is not JSON: Invalid control character at character 3"),
        (b'{"name": "a', "body: is not JSON: Unterminated string starting at character 9"),
        (b'{"name": "a", "price": 1, "": 1}', '"": is not a known field: '),
        (b'{"name": "a", "price": 1, " ": 1}', '" ": is not a known field: '),
        (b'{"name": "\xed\xa0\x80", "price": 1}', "name: must be Unicode text"),
        (b'{"\\ud800": 1}', "body: must be Unicode text"),
    ],
)
async def test_words_of_a_refusal(app: FastAPI, body: bytes, complaint: str) -> None:
    """What is wrong with a body is said in whole words, whatever its keys are."""
    assert (await refused(app, body)).startswith(complaint)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
async def test_body_in_another_encoding(app: FastAPI, encoding: str) -> None:
    """JSON travels in UTF-8: what Python's parser would guess is a 422."""
    body = json.dumps({"name": "a", "price": 1}).encode(encoding)
    assert await refused(app, body) == "body: must be JSON encoded as UTF-8"


async def test_very_many_fields(app: FastAPI) -> None:
    """So many unknown fields are not looked at one by one."""
    body = json.dumps({f"{n}": 0 for n in range(MOST_FIELDS + 1)}).encode()
    assert await refused(app, body) == "body: must have at most 100 fields (got 101)"


async def refused(app: FastAPI, body: bytes) -> str:
    """Post what is no item; return the message of the 422."""
    async with client_of(app) as client:
        headers = {"Content-Type": "application/json"}
        response = await client.post("/items", content=body, headers=headers)
    assert response.status_code == 422
    message: str = response.json()["detail"]
    return message


@settings(max_examples=50)
@given(draft=NEARLY_ITEMS | JSON_VALUES)
async def test_any_json_is_kept_or_refused(draft: Any) -> None:
    """No JSON value is answered otherwise than by an item or by an error in the one shape."""
    async with client_of(ANY_APP) as client:
        # Not `json=`: httpx refuses NaN, which a careless client's encoder writes.
        response = await client.post(
            "/items", content=json.dumps(draft), headers={"Content-Type": "application/json"}
        )
    if response.status_code == 201:
        item = response.json()
        sent = {"in_stock": True} | draft | {"price": float(draft["price"])}
        assert item == sent | {"id": item["id"]}
    else:
        assert response.status_code == 422
        assert list(response.json()) == ["detail"]
        assert isinstance(response.json()["detail"], str)
