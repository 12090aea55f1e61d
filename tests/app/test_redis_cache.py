"""The cache in a real Redis: what all workers see, and what they do without it."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from redis.asyncio import Redis

from app.cache import CachedStore
from app.main import create_app
from app.models import ItemChanges
from app.redis_cache import PATIENCE_S, RedisCache
from app.settings import Settings
from app.sqlite import SqliteStore
from app.storage import MemoryStore, seed_items
from bench.run.before_load.gate import gate
from bench.run.request.resolve import SUITE
from servers import catalogue
from servers.apps.app import items_app
from servers.apps.settings import AppSettings, with_settings
from servers.environments.cache import build
from servers.launch import launch
from servers.processes.keeper_client import KeptProgram
from servers.server import Server
from tests.app.clients import client_of
from tests.app.redis_server import redis_server
from tests.app.slow_stores import SlowWrites

NEVER_S = 86_400.0
"""A TTL that no test sees the end of."""
REDIS_GONE = "the cache has failed, going on without"


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[tuple[str, KeptProgram]]:
    """Start a Redis."""
    async with redis_server(tmp_path) as started:
        yield started


Cached = Callable[[MemoryStore, str], CachedStore]


@pytest.fixture
async def cached() -> AsyncIterator[Cached]:
    """Put a Redis before a store, as a process of its own would; closed with the test."""
    async with AsyncExitStack() as held:

        def cached(store: MemoryStore, url: str) -> CachedStore:
            made = CachedStore(store, RedisCache(url, store.name, NEVER_S))
            held.push_async_callback(made.aclose)
            return made

        yield cached


async def test_read_is_remembered_by_all(redis: tuple[str, KeptProgram], cached: Cached) -> None:
    """What one worker has read, another answers without the store."""
    store = MemoryStore(seed_items(3))
    one, other = cached(store, redis[0]), cached(store, redis[0])
    before = await one.get(1)
    await store.change(1, ItemChanges(price=7.0))
    assert await other.get(1) == before


async def test_write_is_seen_by_all(redis: tuple[str, KeptProgram], cached: Cached) -> None:
    """After a write through one worker every other reads the new item, and no old one."""
    store = MemoryStore(seed_items(3))
    one, other = cached(store, redis[0]), cached(store, redis[0])
    for price in (1.0, 2.0, 3.0):
        await other.get(1)
        await one.change(1, ItemChanges(price=price))
        found = await other.get(1)
        assert found is not None
        assert found.price == price
    await one.delete(1)
    assert await other.get(1) is None


async def test_slow_read_does_not_outlive_the_write_of_another(
    redis: tuple[str, KeptProgram], cached: Cached
) -> None:
    """A worker that read the store before another's write does not put the old item back."""
    store = MemoryStore(seed_items(3))
    writer = cached(store, redis[0])
    async with aclosing(RedisCache(redis[0], store.name, NEVER_S)) as cache:
        looked, old = await cache.look(1), await store.get(1)
        await writer.change(1, ItemChanges(price=7.0))
        assert old is not None
        await cache.put(old, looked.ticket)
        assert (await cache.look(1)).item is None


async def test_write_that_nobody_waits_for_is_seen_by_all(
    redis: tuple[str, KeptProgram], cached: Cached
) -> None:
    """A write whose request was given up is forgotten when it is done, not before."""
    slow = SlowWrites()
    one, other = cached(slow, redis[0]), cached(slow, redis[0])
    writing = asyncio.create_task(one.change(1, ItemChanges(price=7.0)))
    await slow.begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    before = await other.get(1)
    slow.let_go.set()
    await one.aclose()
    after = await other.get(1)
    assert [item and item.price for item in (before, after)] == [0.25, 7.0]


async def test_stores_do_not_mix(redis: tuple[str, KeptProgram], cached: Cached) -> None:
    """Two stores in one Redis answer their own items, under the same ids."""
    one = cached(MemoryStore(seed_items(3)), redis[0])
    other = cached(MemoryStore(seed_items(3)), redis[0])
    await one.change(1, ItemChanges(price=7.0))
    prices = [item and item.price for item in [await one.get(1), await other.get(1)]]
    assert prices == [7.0, 0.25]


async def test_items_expire(redis: tuple[str, KeptProgram]) -> None:
    """Redis itself forgets an item after the TTL."""
    store = MemoryStore(seed_items(3))
    async with aclosing(CachedStore(store, RedisCache(redis[0], store.name, 5.0))) as service:
        await service.get(1)
    async with Redis.from_url(redis[0]) as client:
        left_ms = await client.pttl(f"items:{store.name}:1")
    assert 0 < left_ms <= 5000


async def test_name_of_a_file(tmp_path: Path) -> None:
    """A file is one store however often it is opened, and another than any other."""
    names = []
    for file in ("one", "one", "other"):
        async with aclosing(SqliteStore(tmp_path / file)) as store:
            names.append(store.name)
    assert names[0] == names[1] != names[2]


async def test_redis_gone_and_back(
    tmp_path: Path,
    cached: Cached,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reads and writes go on without Redis, each change is logged once, and it is used again."""
    monkeypatch.setattr("app.redis_cache.PAUSE_S", 0.0)
    store = MemoryStore(seed_items(3))
    async with redis_server(tmp_path) as (url, _):
        service = cached(store, url)
        await service.get(1)
    for price in (7.0, 8.0):
        await service.change(1, ItemChanges(price=price))
        found = await service.get(1)
        assert found is not None
        assert found.price == price
    async with redis_server(tmp_path, urlsplit(url).port):
        await service.get(2)
        await store.change(2, ItemChanges(price=7.0))
        found = await service.get(2)
    assert found is not None
    assert found.price == 0.5
    said = [record.message for record in caplog.records if record.name == "app.redis_cache"]
    assert said[0].startswith(REDIS_GONE)
    assert said[1:] == ["the cache is back"]
    assert [r.levelno for r in caplog.records if r.name == "app.redis_cache"] == [
        logging.WARNING,
        logging.WARNING,
    ]


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"garbage",
        b'{"id": 1}',
        b'{"name": "a", "price": 1.0, "in_stock": true, "id": 1, "colour": "red"}',
    ],
    ids=["empty", "garbage", "half", "of-a-later-version"],
)
async def test_unreadable_item_is_read_anew(
    redis: tuple[str, KeptProgram], caplog: pytest.LogCaptureFixture, kept: bytes
) -> None:
    """What is no item in Redis is a logged error, and is put right from the store."""
    store, counted = MemoryStore(seed_items(3)), list[str]()
    cache = RedisCache(redis[0], store.name, NEVER_S)
    async with (
        aclosing(CachedStore(store, cache, counted.append)) as service,
        Redis.from_url(redis[0]) as client,
    ):
        await client.set(f"items:{store.name}:1", kept)
        prices = [item and item.price for item in [await service.get(1), await service.get(1)]]
    assert prices == [0.25, 0.25]
    assert counted == ["error", "hit"]
    assert caplog.messages[0].startswith("the cache holds no item under 1: ")


async def test_hung_redis_delays_a_write_little(
    redis: tuple[str, KeptProgram], cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Redis that answers nothing has each of a write's two questions asked once, not twice."""
    monkeypatch.setattr("app.redis_cache.PAUSE_S", NEVER_S)
    service = cached(MemoryStore(seed_items(3)), redis[0])
    await redis[1].send_signal(signal.SIGSTOP)
    now_s = asyncio.get_running_loop().time
    try:
        await service.get(1)
        began_s = now_s()
        await service.change(1, ItemChanges(price=7.0))
        took_s = now_s() - began_s
    finally:
        await redis[1].send_signal(signal.SIGCONT)
    assert 2 * PATIENCE_S <= took_s < 4 * PATIENCE_S


async def test_api_goes_on_without_redis() -> None:
    """An app whose Redis was never there answers all the same."""
    app = create_app(Settings(cache="redis://127.0.0.1:1/0"))
    async with client_of(app) as client:
        assert (await client.get("/items/1")).status_code == 200
        assert (await client.patch("/items/1", json={"price": 7})).status_code == 200
        assert (await client.get("/items/1")).json()["price"] == 7.0
    await app.state.store.aclose()


async def asked_of_both(server: Server, held: AsyncExitStack) -> list[httpx.AsyncClient]:
    """Connect to each of two workers."""
    found: dict[int, httpx.AsyncClient] = {}
    for _ in range(200):
        client = httpx.AsyncClient(base_url=server.url, trust_env=False)
        await held.enter_async_context(client)
        found.setdefault((await client.get("/health")).json()["pid"], client)
        if len(found) == 2:
            break
    return list(found.values())


async def test_workers_of_a_real_server(tmp_path: Path) -> None:
    """Two workers over SQLite and Redis: the suite passes, no worker is stale, Redis may go."""
    async with AsyncExitStack() as held:
        url, kept = await held.enter_async_context(redis_server(tmp_path))
        env = {
            "ITEMS_STORAGE": "sqlite:///items.sqlite3",
            "ITEMS_CACHE": url,
            "ITEMS_CACHE_TTL_S": str(NEVER_S),
        }
        profile = with_settings(catalogue.builtin()["uvicorn"], AppSettings(env, shown={}))
        app = items_app()
        environment = await build(profile, app)
        log = tmp_path / "log"
        server = await held.enter_async_context(
            launch(profile, environment, app, log=log, workers=2)
        )
        assert (await gate("uvicorn", server.url, SUITE, tmp_path / "gate.log")).passed
        one, other = await asked_of_both(server, held)
        for price in (1.0, 2.0, 3.0):
            await other.get("/items/1")
            await one.patch("/items/1", json={"price": price})
            assert (await other.get("/items/1")).json()["price"] == price
        await kept.send_signal(signal.SIGKILL)
        await kept.wait()
        for client in (one, other):
            response = await client.patch("/items/1", json={"price": 4})
            assert response.status_code == 200
            assert (await client.get("/items/1")).json()["price"] == 4.0
        assert REDIS_GONE in log.read_text(encoding="utf-8")
