"""What Prometheus is told, by real servers: all workers' counts, whichever of them answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from servers import catalogue
from servers.app import App, items_app
from servers.environment import build
from servers.launch import launch
from servers.server import Server
from servers.settings import AppSettings, with_settings

DRAFT = {"name": "widget", "price": 9.5}
STORE = {"ITEMS_STORAGE": "sqlite:///items.sqlite3"}
CRASHING = """
from pathlib import Path
from app.main import create_app

app = create_app()

@app.get("/crash/{name}")
async def crash(name: str) -> None:
    raise RuntimeError(name)
"""

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@asynccontextmanager
async def counted(
    name: str,
    tmp_path: Path,
    workers: int = 1,
    env: dict[str, str] | None = None,
    app: App | None = None,
) -> AsyncIterator[Server]:
    """Start a server whose app counts, in a folder of the server's own."""
    settings = AppSettings({"ITEMS_METRICS": "metrics", **(env or {})}, shown={})
    profile = with_settings(catalogue.builtin()[name], settings)
    environment = await build(profile, items_app())
    async with launch(
        profile, environment, app or items_app(), log=tmp_path / "log", workers=workers
    ) as server:
        yield server


async def samples(url: str) -> Samples:
    """Ask for the metrics, over a connection of its own: any worker may answer."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """Return one sample; 0 where nothing was counted."""
    return found.get((name, frozenset(labels.items())), 0.0)


async def ask(url: str, requests: list[tuple[str, str]]) -> None:
    """Send each request over a connection of its own, so that all workers get some."""
    for method, path in requests:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await client.request(method, path, json=DRAFT if method == "POST" else None)


@pytest.mark.parametrize(("name", "workers"), [("uvicorn", 2), ("gunicorn", 2), ("uwsgi", 2)])
async def test_workers_count_together(name: str, workers: int, tmp_path: Path) -> None:
    """Every request is counted once, whichever worker has answered, and whoever is asked."""
    async with counted(name, tmp_path, workers, STORE) as server:
        await ask(server.url, [("GET", "/items/1")] * 30 + [("POST", "/items")] * 10)
        for _ in range(5):
            found = await samples(server.url)
            read = {"method": "GET", "route": "/items/{item_id}"}
            assert value(found, "http_requests_total", **read, status="200") == 30
            assert value(found, "http_request_duration_seconds_count", **read) == 30
            create = {"method": "POST", "route": "/items", "status": "201"}
            assert value(found, "http_requests_total", **create) == 10
            assert value(found, "http_requests_in_flight") == 0


async def test_labels_are_bounded(tmp_path: Path) -> None:
    """Labels are templates and known methods, whatever clients send."""
    async with counted("uvicorn", tmp_path) as server:
        await ask(
            server.url,
            [("GET", f"/items/{n}") for n in (1, 2, 10**6, "abc")]
            + [("GET", f"/nowhere/{n}") for n in range(3)]
            + [("PROPFIND", "/items/1"), ("MKCOL", "/nowhere"), ("DELETE", "/items")],
        )
        found = await samples(server.url)
    labels = [dict(keys) for (name, keys) in found if name == "http_requests_total"]
    assert {each["route"] for each in labels} <= {
        "/items/{item_id}", "/items", "/health", "unmatched",
    }  # fmt: skip
    assert {each["method"] for each in labels} == {"GET", "DELETE", "other"}
    read = {"method": "GET", "route": "/items/{item_id}"}
    statuses = {
        status: value(found, "http_requests_total", **read, status=status)
        for status in ("200", "404", "422")
    }
    assert statuses == {"200": 2, "404": 1, "422": 1}
    unmatched = {"method": "GET", "route": "unmatched", "status": "404"}
    assert value(found, "http_requests_total", **unmatched) == 3


async def test_crashes_are_errors(tmp_path: Path) -> None:
    """An exception is a 500, timed and counted as an error; a 404 is none."""
    (tmp_path / "crashing.py").write_text(CRASHING, encoding="utf-8")
    root = items_app().directory
    app = App(asgi="crashing:app", wsgi=None, directory=tmp_path)
    async with counted(
        "uvicorn", tmp_path, env={"PYTHONPATH": f"{tmp_path}:{root}"}, app=app
    ) as server:
        await ask(server.url, [("GET", "/crash/a"), ("GET", "/crash/b"), ("GET", "/nowhere")])
        found = await samples(server.url)
    crash = {"method": "GET", "route": "/crash/{name}"}
    assert value(found, "http_requests_total", **crash, status="500") == 2
    assert value(found, "http_request_errors_total", **crash) == 2
    errors = [count for (name, _), count in found.items() if name == "http_request_errors_total"]
    assert sum(errors) == 2


async def test_cache_is_counted(tmp_path: Path) -> None:
    """Looks into the cache are hits and misses."""
    async with counted("uvicorn", tmp_path, env={"ITEMS_CACHE": "lru"}) as server:
        await ask(server.url, [("GET", "/items/1")] * 5)
        found = await samples(server.url)
    results = [value(found, "items_cache_requests_total", result=r) for r in ("hit", "miss")]
    assert results == [4, 1]


async def test_missing_cache_is_counted(tmp_path: Path) -> None:
    """Where Redis is gone, the metrics say so."""
    async with counted("uvicorn", tmp_path, env={"ITEMS_CACHE": "redis://127.0.0.1:1/0"}) as server:
        await ask(server.url, [("GET", "/items/1")] * 3)
        found = await samples(server.url)
    assert value(found, "items_cache_requests_total", result="error") == 3


async def test_in_flight_while_it_waits(tmp_path: Path) -> None:
    """A request whose body has not all come is in flight; afterwards it is not."""
    async with counted("uvicorn", tmp_path) as server:
        reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
        writer.write(b"POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
        async with asyncio.timeout(10):
            while value(await samples(server.url), "http_requests_in_flight") != 1:
                pass
            writer.write(b"}")
            assert b" 422 " in await reader.readline()
            while value(await samples(server.url), "http_requests_in_flight") != 0:
                pass
        writer.close()
        await writer.wait_closed()


async def test_off_by_default(tmp_path: Path) -> None:
    """The bare app has no such path, and does not load the library."""
    profile, app = catalogue.builtin()["uvicorn"], items_app()
    environment = await build(profile, app)
    async with (
        launch(profile, environment, app, log=tmp_path / "log") as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
    ):
        assert (await client.get("/metrics")).status_code == 404
        maps = Path(f"/proc/{(await client.get('/health')).json()['pid']}/maps")
        assert "prometheus" not in maps.read_text(encoding="utf-8")  # noqa: ASYNC240
