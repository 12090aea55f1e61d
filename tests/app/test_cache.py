"""What is answered from a cache, for how long, and what a write does to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.cache import CachedStore, LruCache
from app.main import create_app
from app.models import ItemChanges, ItemIn
from app.settings import Settings
from app.sqlite import SqliteStore
from app.storage import ItemStore, MemoryStore, seed_items
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from tests.app.clients import client_of
from tests.app.slow_stores import SlowStore, SlowWrites

TTL_S = 5.0
SHORT_TTL_S = 1.0


class Clock:
    """A clock that stands still unless it is moved."""

    now_s = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Begin at 0."""
    return Clock()


@pytest.fixture
def store() -> MemoryStore:
    """Open a store of three items."""
    return MemoryStore(seed_items(3))


@pytest.fixture
def cached(store: MemoryStore, clock: Clock) -> CachedStore:
    """Put a cache of two items before it."""
    return CachedStore(store, LruCache(2, TTL_S, clock))


async def price(store: ItemStore, item_id: int = 1) -> float | None:
    """Read one item's price."""
    item = await store.get(item_id)
    return None if item is None else item.price


async def test_read_is_remembered(store: MemoryStore, cached: CachedStore, clock: Clock) -> None:
    """What another process writes is not seen before the TTL has passed, and then it is."""
    await cached.get(1)
    await store.change(1, ItemChanges(price=7.0))
    clock.now_s = TTL_S - 0.001
    assert await price(cached) == 0.25
    clock.now_s = TTL_S
    assert await price(cached) == 7.0


async def test_least_used_is_forgotten(store: MemoryStore, cached: CachedStore) -> None:
    """The cache holds so many items and no more; the one that was used longest ago goes."""
    for item_id in (1, 2, 1, 3):
        await cached.get(item_id)
    for item_id in (1, 2, 3):
        await store.change(item_id, ItemChanges(price=7.0))
    assert [await price(cached, item_id) for item_id in (1, 3, 2)] == [0.25, 0.75, 7.0]


async def test_writes_are_seen_at_once(cached: CachedStore) -> None:
    """What this process writes, it reads."""
    await cached.get(1)
    await cached.change(1, ItemChanges(price=7.0))
    assert await price(cached) == 7.0
    await cached.replace(1, ItemIn(name="other", price=8.0))
    assert await price(cached) == 8.0
    await cached.delete(1)
    assert await cached.get(1) is None


async def test_slow_read_does_not_outlive_a_write(clock: Clock) -> None:
    """A read that found the item before a write, and ends after it, is not remembered."""
    slow = SlowStore()
    cached = CachedStore(slow, LruCache(2, TTL_S, clock))
    reading = asyncio.create_task(cached.get(1))
    await slow.found.wait()
    await cached.change(1, ItemChanges(price=7.0))
    slow.let_go.set()
    await reading
    assert await price(cached) == 7.0


async def test_write_that_nobody_waits_for_is_seen(clock: Clock) -> None:
    """A write whose request was given up is forgotten when it is done, not before."""
    slow = SlowWrites()
    cached = CachedStore(slow, LruCache(2, TTL_S, clock))
    writing = asyncio.create_task(cached.change(1, ItemChanges(price=7.0)))
    await slow.begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await price(cached) == 0.25
    slow.let_go.set()
    await cached.aclose()
    assert await price(cached) == 7.0


async def test_unknown_item_is_not_remembered(store: MemoryStore, cached: CachedStore) -> None:
    """An item that comes later is found at once."""
    assert await cached.get(4) is None
    await store.add(ItemIn(name="late", price=1.0))
    assert await price(cached, 4) == 1.0


async def test_setting_puts_a_cache_before_the_store(tmp_path: Path) -> None:
    """With cache=lru an item is answered as it was read, whatever another process writes."""
    path = tmp_path / "items.sqlite3"
    app = create_app(Settings(storage=f"sqlite:///{path}", cache="lru", cache_ttl_s=86_400))
    async with aclosing(SqliteStore(path)) as other, client_of(app) as client:
        before = await client.get("/items/1")
        await other.change(1, ItemChanges(price=7.0))
        assert (await client.get("/items/1")).content == before.content
    await app.state.store.aclose()


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Start uvicorn with two workers that share a file; connect to each of them."""
    settings = {
        "ITEMS_STORAGE": "sqlite:///items.sqlite3",
        "ITEMS_CACHE": "lru",
        "ITEMS_CACHE_TTL_S": str(SHORT_TTL_S),
    }
    profile = replace(catalogue.builtin()["uvicorn"], env=settings)
    app = items_app()
    environment = await build(profile, app)
    async with (
        launch(profile, environment, app, log=tmp_path / "log", workers=2) as server,
        AsyncExitStack() as held,
    ):
        found: dict[int, httpx.AsyncClient] = {}
        for _ in range(200):
            client = httpx.AsyncClient(base_url=server.url, trust_env=False)
            await held.enter_async_context(client)
            found.setdefault((await client.get("/health")).json()["pid"], client)
            if len(found) == 2:
                break
        yield list(found.values())


async def test_other_worker_is_stale_for_the_ttl_at_most(workers: list[httpx.AsyncClient]) -> None:
    """After a write the other worker goes on with the old item, but not beyond the TTL."""
    one, other = workers
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    assert (await other.get("/items/1")).json()["price"] == 0.25
    read_s = now_s()
    await one.patch("/items/1", json={"price": 7.0})
    assert (await one.get("/items/1")).json()["price"] == 7.0
    asked_s = now_s()
    while (await other.get("/items/1")).json()["price"] == 0.25:
        assert asked_s - read_s < SHORT_TTL_S
        asked_s = now_s()
    assert now_s() - began_s > SHORT_TTL_S
