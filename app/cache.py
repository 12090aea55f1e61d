"""A cache in front of a store: what was read lately is answered from memory."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Protocol

from cachetools import TTLCache

from app.models import Item, ItemChanges, ItemIn
from app.storage import ItemStore


class ItemCache(Protocol):
    """Remembers items for a while; it may forget any of them at any time."""

    async def get(self, item_id: int) -> Item | None:
        """Return what is remembered of this item; None: nothing is."""
        ...

    async def put(self, item: Item) -> None:
        """Remember an item."""
        ...

    async def forget(self, item_id: int) -> None:
        """Remember nothing of this item."""
        ...


class LruCache:
    """The items that were used last, in the memory of this process, for `ttl_s` at most.

    It knows nothing of what other processes write: with several workers it may answer what was
    true up to `ttl_s` seconds ago.
    """

    def __init__(
        self, most_items: int, ttl_s: float, now_s: Callable[[], float] = monotonic
    ) -> None:
        self._items: TTLCache[int, Item] = TTLCache(most_items, ttl_s, now_s)

    async def get(self, item_id: int) -> Item | None:
        """Return what is remembered of this item; None: nothing is."""
        return self._items.get(item_id)

    async def put(self, item: Item) -> None:
        """Remember an item."""
        self._items[item.id] = item

    async def forget(self, item_id: int) -> None:
        """Remember nothing of this item."""
        self._items.pop(item_id, None)


class CachedStore:
    """A store whose items are read through a cache; pages come from the store itself.

    After every write the cache forgets the item, and a read that began before a write ended
    remembers nothing of what it has found.
    """

    def __init__(self, store: ItemStore, cache: ItemCache) -> None:
        self._store = store
        self._cache = cache
        self._writes = 0  # begun and ended in this process

    async def page(self, limit: int, offset: int) -> Sequence[Item]:
        """Return a page of the store."""
        return await self._store.page(limit, offset)

    async def get(self, item_id: int) -> Item | None:
        """Return the item as the cache remembers it, or else as the store has it."""
        item = await self._cache.get(item_id)
        if item is not None:
            return item
        writes = self._writes
        item = await self._store.get(item_id)
        if item is not None and writes == self._writes:
            await self._cache.put(item)
        return item

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item; nobody can have read it yet."""
        return await self._store.add(draft)

    async def replace(self, item_id: int, draft: ItemIn) -> Item | None:
        """Put the draft in the place of an item."""
        async with self._writing(item_id):
            return await self._store.replace(item_id, draft)

    async def change(self, item_id: int, changes: ItemChanges) -> Item | None:
        """Change what `changes` names."""
        async with self._writing(item_id):
            return await self._store.change(item_id, changes)

    async def delete(self, item_id: int) -> bool:
        """Forget the item."""
        async with self._writing(item_id):
            return await self._store.delete(item_id)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    @asynccontextmanager
    async def _writing(self, item_id: int) -> AsyncIterator[None]:
        """Forget afterwards too, whether the write was done or not: who knows what it has done."""
        self._writes += 1
        try:
            yield
        finally:
            self._writes += 1
            await self._cache.forget(item_id)
