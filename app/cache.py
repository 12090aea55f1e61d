"""A cache in front of a store: what was read lately is answered from memory."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, TypeVar

from cachetools import TTLCache

from app.models import Item, ItemChanges, ItemIn
from app.storage import Export, ItemStore

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look into a cache has found."""

    item: Item | None
    """None: nothing is remembered."""
    ticket: Hashable = None
    """What `put` wants to see, to know of the writes since; None: the cache is gone."""
    damaged: bool = False
    """Whether what is remembered cannot be read: as good as nothing, but a fault."""

    @property
    def result(self) -> str:
        """Name what came of it: "hit", "miss" or "error"."""
        if self.item is not None:
            return "hit"
        return "error" if self.damaged or self.ticket is None else "miss"


class ItemCache(Protocol):
    """Remembers items for a while; it may forget any of them at any time."""

    async def look(self, item_id: int) -> Looked:
        """Return what is remembered of this item."""
        ...

    async def put(self, item: Item, ticket: Hashable) -> None:
        """Remember an item, unless it was forgotten since the look that gave the ticket."""
        ...

    async def forget(self, item_id: int) -> None:
        """Remember nothing of this item."""
        ...

    async def aclose(self) -> None:
        """Let go of connections, if there are any."""
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
        self._forgotten = 0

    async def look(self, item_id: int) -> Looked:
        """Return what is remembered of this item."""
        return Looked(self._items.get(item_id), self._forgotten)

    async def put(self, item: Item, ticket: Hashable) -> None:
        """Remember an item, unless any was forgotten since."""
        if ticket == self._forgotten:
            self._items[item.id] = item

    async def forget(self, item_id: int) -> None:
        """Remember nothing of this item."""
        self._forgotten += 1
        self._items.pop(item_id, None)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""


class CachedStore:
    """A store whose items are read through a cache; pages come from the store itself.

    The cache forgets an item before it is written and after: a read that has found it before, and
    ends later, is then not remembered. A write that was begun is ended, and forgotten, also when
    nobody waits for it any more: a thread would write all the same.
    """

    def __init__(
        self, store: ItemStore, cache: ItemCache, count: Callable[[str], None] | None = None
    ) -> None:
        self.name = store.name
        self._store = store
        self._cache = cache
        self._count = count  # called for each look: "hit", "miss", or "error" where it is gone
        self._writes: set[asyncio.Task[object]] = set()  # the event loop itself keeps none alive

    async def page(self, limit: int, offset: int) -> Sequence[Item]:
        """Return a page of the store."""
        return await self._store.page(limit, offset)

    async def export(self) -> Export:
        """Return every item of the store."""
        return await self._store.export()

    async def get(self, item_id: int) -> Item | None:
        """Return the item as the cache remembers it, or else as the store has it."""
        looked = await self._cache.look(item_id)
        if self._count is not None:
            self._count(looked.result)
        if looked.item is not None:
            return looked.item
        item = await self._store.get(item_id)
        if item is not None and looked.ticket is not None:
            await self._cache.put(item, looked.ticket)
        return item

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item; nobody can have read it yet."""
        return await self._store.add(draft)

    async def replace(self, item_id: int, draft: ItemIn) -> Item | None:
        """Put the draft in the place of an item."""
        return await self._written(item_id, lambda: self._store.replace(item_id, draft))

    async def change(self, item_id: int, changes: ItemChanges) -> Item | None:
        """Change what `changes` names."""
        return await self._written(item_id, lambda: self._store.change(item_id, changes))

    async def delete(self, item_id: int) -> bool:
        """Forget the item."""
        return await self._written(item_id, lambda: self._store.delete(item_id))

    async def aclose(self) -> None:
        """Close cache and store, once what is being written is written."""
        await asyncio.gather(*self._writes, return_exceptions=True)
        await self._cache.aclose()
        await self._store.aclose()

    async def _written(self, item_id: int, write: Callable[[], Awaitable[_T]]) -> _T:
        """Write to the end, whoever gives up waiting."""
        task = asyncio.create_task(self._forgotten(item_id, write))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def _forgotten(self, item_id: int, write: Callable[[], Awaitable[_T]]) -> _T:
        """Forget afterwards whether the write was done or not: who knows what it has done."""
        await self._cache.forget(item_id)
        try:
            return await write()
        finally:
            await self._cache.forget(item_id)
