"""How an app is put together."""

from typing import Any, Never

import pytest

from app.main import create_app
from app.settings import Settings
from tests.app.clients import client_of

DRAFT = {"name": "widget", "price": 9.5}


async def test_each_app_has_its_own_store() -> None:
    """Two apps in one process share no items."""
    async with client_of(create_app()) as one, client_of(create_app()) as other:
        created = await one.post("/items", json=DRAFT)
        assert created.headers["location"] == "/items/101"
        assert (await other.get("/items/101")).status_code == 404


async def test_settings_size_the_store() -> None:
    """An app holds as many items as its settings say."""
    async with client_of(create_app(Settings(seeded_items=2))) as client:
        assert [(await client.get(f"/items/{n}")).status_code for n in (2, 3)] == [200, 404]


async def test_refused_item_uses_no_id() -> None:
    """A refused item leaves nothing behind."""
    async with client_of(create_app()) as client:
        await client.post("/items", json=DRAFT | {"price": -1})
        assert (await client.post("/items", json=DRAFT)).json()["id"] == 101


async def test_telemetry_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request looks for a telemetry provider, whatever the environment says."""

    def looked_for(*_: Any) -> Never:
        raise AssertionError

    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", looked_for)
    monkeypatch.setattr("opentelemetry.metrics.get_meter_provider", looked_for)
    monkeypatch.setattr("opentelemetry._logs.get_logger_provider", looked_for)
    async with client_of(create_app()) as client:
        assert (await client.get("/items/1")).status_code == 200


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/items", "get", {"200", "422", "500", "503"}),
        ("/items/{item_id}", "get", {"200", "404", "422", "500", "503"}),
        ("/items", "post", {"201", "413", "422", "500", "503"}),
        ("/items/{item_id}", "put", {"200", "404", "413", "422", "500", "503"}),
        ("/items/{item_id}", "patch", {"200", "404", "413", "422", "500", "503"}),
        ("/items/{item_id}", "delete", {"204", "404", "422", "500", "503"}),
        ("/health", "get", {"200", "500"}),
        ("/items/export", "get", {"200", "500", "503"}),
        ("/items/events", "get", {"200", "204", "422", "500", "501", "503"}),
        ("/items/ws", "get", {"101", "400", "500", "501"}),
    ],
)
def test_openapi_documents_errors(path: str, method: str, statuses: set[str]) -> None:
    """OpenAPI names every status of an endpoint, and each error has the one shape."""
    responses = create_app().openapi()["paths"][path][method]["responses"]
    assert set(responses) == statuses
    schemas = [responses[s]["content"]["application/json"]["schema"] for s in statuses if s > "4"]
    assert all(schema == {"$ref": "#/components/schemas/ErrorBody"} for schema in schemas)


def test_openapi_knows_only_this_error_shape() -> None:
    """FastAPI's own shape of a validation error is not documented: it is never sent."""
    schemas = create_app().openapi()["components"]["schemas"]
    assert set(schemas) == {"ErrorBody", "Health", "Item", "ItemChanges", "ItemIn"}
