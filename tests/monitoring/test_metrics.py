"""Metrics of real servers: the counts of all their processes together, under bounded labels."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics import BUCKETS_S
from bench.stats.units import NS_PER_S
from bench.system import clock
from servers import catalogue
from servers.apps.app import App, items_app
from servers.asking.readiness_request import Question
from servers.environments.cache import build
from servers.launch import launch
from servers.readiness import AnswerReadiness
from servers.server import Server
from tests.everyday import few_of
from tests.plain_http import NO_TLS

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60.0  # For a machine that is busy with other tests.
BEFORE_THE_NEXT_EVENT_S = 8.0
CRASHING = replace(items_app(), asgi="tests.monitoring.crashing_app:app", wsgi=None)
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.mark.parametrize(
    ("name", "workers"),
    [
        ("gunicorn", 2),
        *(
            pytest.param(name, 2, marks=pytest.mark.long)
            for name in ("uvicorn", "gunicorn-gthread", "uwsgi")
        ),
    ],
)
async def test_every_request_is_counted_once(name: str, workers: int, tmp_path: Path) -> None:
    """Whichever worker answers, ASGI or WSGI, forked or spawned: the sum is exact."""
    async with running(name, tmp_path, workers) as server:
        pids = await spread_requests(server, 200)
        found = await samples(server)
    assert len(pids) == workers
    route = {"method": "GET", "route": "/items/{item_id}"}
    assert value(found, "http_requests_total", **route, status="200") == 200
    assert value(found, "http_request_duration_seconds_count", **route) == 200
    assert value(found, "http_request_duration_seconds_bucket", **route, le="+Inf") == 200
    assert value(found, "http_request_errors_total", **route) == 0
    assert value(found, "http_requests_in_flight") == 0


async def test_labels_are_templates(tmp_path: Path) -> None:
    """Refusals are under the route they reached; no path and no strange method is a label."""
    async with running("uvicorn", tmp_path) as server:
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            for method, path in [
                ("GET", "/items/123456"),
                ("GET", "/items/none"),
                ("POST", "/items"),
                ("DELETE", "/health"),
                *(("GET", f"/nowhere/{number}") for number in range(50)),
                *((f"BREW{number}", "/health") for number in range(5)),
            ]:
                await client.request(method, path)
        found = await samples(server)
    counts = {
        (labels["method"], labels["route"], labels["status"]): count
        for (name, pairs), count in found.items()
        if name == "http_requests_total" and (labels := dict(pairs))["route"] != "/health"
    }
    assert counts == {
        ("GET", "/items/{item_id}", "404"): 1,
        ("GET", "/items/{item_id}", "422"): 1,
        ("POST", "/items", "422"): 1,
        ("GET", "unmatched", "404"): 50,
    }
    refused = {"route": "/health", "status": "405"}
    assert value(found, "http_requests_total", method="DELETE", **refused) == 1
    methods = {dict(pairs).get("method", "GET") for _, pairs in found}
    assert methods <= {"GET", "POST", "DELETE", "other"}


async def test_crashes_are_errors(tmp_path: Path) -> None:
    """An exception is a 500, in mid-answer too; what was in flight is not any more."""
    async with running("uvicorn", tmp_path, app=CRASHING) as server:
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            assert (await client.get("/crash/1")).status_code == 500
        # On a connection of its own: uvicorn closes the one on which the app has crashed.
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                await client.get("/half/1")
        found = await samples(server)
    for route in ("/crash/{number}", "/half/{number}"):
        labels = {"method": "GET", "route": route}
        assert value(found, "http_requests_total", **labels, status="500") == 1
        assert value(found, "http_request_errors_total", **labels) == 1
    assert value(found, "http_requests_in_flight") == 0


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("lru", {"hit": 9, "miss": 1, "error": 0}),
        ("redis://127.0.0.1:1/0", {"hit": 0, "miss": 0, "error": 10}),
    ],
    ids=["lru", "redis-gone"],
)
async def test_cache_is_counted(cache: str, expected: dict[str, int], tmp_path: Path) -> None:
    """Looks into the cache are hits and misses, or errors where it is gone."""
    async with running("uvicorn", tmp_path, env={"ITEMS_CACHE": cache}) as server:
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            for _ in range(10):
                assert (await client.get("/items/1")).status_code == 200
        found = await samples(server)
    name = "items_cache_requests_total"
    assert {word: value(found, name, result=word) for word in expected} == expected


async def test_request_that_waits_is_in_flight(tmp_path: Path) -> None:
    """A request whose body has not all come is in flight; once it is answered it is not."""
    async with running("uvicorn", tmp_path) as server, asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection(server.address.host, server.address.port)
        writer.write(b"POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
        while value(await samples(server), "http_requests_in_flight") != 1:
            pass
        writer.write(b"}")
        assert b" 422 " in await reader.readline()
        while value(await samples(server), "http_requests_in_flight") != 0:
            pass
        writer.close()
        await writer.wait_closed()


ASGI_SERVERS = ("uvicorn", "hypercorn", "daphne", "granian", "gunicorn", "gunicorn-asgi")


@pytest.mark.parametrize(
    "name", few_of({name: name for name in ASGI_SERVERS}, {"uvicorn", "granian"})
)
async def test_stream_that_is_left_is_noticed(name: str, tmp_path: Path) -> None:
    """A client that leaves between two events ends them: each ASGI server says so at once."""
    ended, events = "items_streams_ended_total", {"stream": "events"}
    async with running(name, tmp_path) as server:
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            await client.get("/items/events?count=2&interval=0")
            async with client.stream("GET", "/items/events?count=2&interval=10000") as response:
                lines = response.aiter_lines()  # kept: its end would be that of the answer
                assert await anext(lines) == "id: 1"
                assert value(await samples(server), "items_streams_open", **events) == 1
                left_s = clock.realtime_ns() / NS_PER_S
        async with asyncio.timeout(BEFORE_THE_NEXT_EVENT_S):
            while value(found := await samples(server), ended, **events, end="left") != 1:
                pass
    assert value(found, ended, **events, end="complete") == 1
    assert value(found, "items_streams_open", **events) == 0
    last_s = value(found, "items_streams_left_timestamp_seconds", **events)
    assert 0 < last_s - left_s < BEFORE_THE_NEXT_EVENT_S


async def test_scrapes_are_not_counted(tmp_path: Path) -> None:
    """/metrics is in neither the counts nor OpenAPI."""
    async with running("uvicorn", tmp_path) as server:
        await samples(server)
        found = await samples(server)
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            paths = (await client.get("/openapi.json")).json()["paths"]
    assert "/metrics" not in paths
    assert "/metrics" not in {dict(pairs).get("route") for _, pairs in found}


def test_buckets_resolve() -> None:
    """From 100 µs to 10 s no bound is more than 1.5 times the one before."""
    assert (BUCKETS_S[0], BUCKETS_S[-1]) == (100e-6, 10.0)
    assert all(1 < high / low < 1.5001 for low, high in pairwise(BUCKETS_S))


def test_bare_app_does_without(tmp_path: Path) -> None:
    """Without the setting prometheus_client is not imported, and there is no /metrics."""
    in_child(
        tmp_path,
        "import sys; from app.main import app; assert 'prometheus_client' not in sys.modules",
    )


def test_counts_of_the_dead_stay_and_what_they_had_in_flight_goes(tmp_path: Path) -> None:
    """A worker that was killed is still in the totals, and in no gauge."""
    begin = (
        "from pathlib import Path; from fastapi import FastAPI; from app import metrics; "
        "metrics.install(FastAPI(), Path('metrics')); "
        "meters = metrics._meters(Path('metrics').absolute()); "
    )
    in_child(
        tmp_path,
        begin + "meters.in_flight.inc(); meters.requests.labels('GET', '/', '200').inc(); "
        "metrics.count_cache('error'); import os; os._exit(0)",
    )
    shown = in_child(
        tmp_path, begin + "print(metrics._exposition(Path('metrics').absolute()).body.decode())"
    )
    found = parsed(shown)
    assert value(found, "http_requests_total", method="GET", route="/", status="200") == 1
    assert value(found, "items_cache_requests_total", result="error") == 1
    assert value(found, "http_requests_in_flight") == 0


def test_imported_before(tmp_path: Path) -> None:
    """It counts for several processes even where prometheus_client was imported first."""
    in_child(
        tmp_path,
        "import prometheus_client; from pathlib import Path; from fastapi import FastAPI; "
        "from app import metrics; metrics.install(FastAPI(), Path('metrics')); "
        "metrics.count_cache('hit'); "
        "assert b'result=\"hit\"} 1.0' in metrics._exposition(Path('metrics').absolute()).body",
    )


def in_child(folder: Path, program: str) -> str:
    """Run a program in a process of its own: what it imports and sets must not stay here."""
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


@asynccontextmanager
async def running(
    name: str,
    folder: Path,
    workers: int = 1,
    app: App | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Server]:
    """Run an app with metrics, and whatever else its environment says."""
    app = app or items_app()
    bare = catalogue.builtin()[name]
    profile = replace(bare, env={**bare.env, "ITEMS_METRICS": "metrics", **(env or {})})
    environment = await build(profile, app)
    async with launch(
        profile,
        environment,
        app,
        log=folder / "log",
        workers=workers,
        deadline_s=DEADLINE_S,
        readiness=None if app is not CRASHING else AnswerReadiness(Question("/health")),
    ) as server:
        yield server


async def spread_requests(server: Server, number: int) -> set[int]:
    """Send so many, each on a connection of its own; which processes answered beside them."""
    pids = set(server.answering)
    for _ in range(number // 10):
        async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
            for item_id in range(1, 11):
                assert (await client.get(f"/items/{item_id}")).status_code == 200
            pids.add((await client.get("/health")).json()["pid"])
    return pids


async def samples(server: Server) -> Samples:
    """Scrape a server."""
    async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert re.match(r"text/plain; version=", answer.headers["content-type"])
    return parsed(answer.text)


def parsed(text: str) -> Samples:
    """Read the text form."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """Return one sample."""
    return found[name, frozenset(labels.items())]
