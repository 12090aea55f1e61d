"""Where items are kept; knows nothing of HTTP."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Protocol

from app.models import Item, ItemIn


class ItemStore(Protocol):
    """Keeps items; asynchronous, so that a store may be a database."""

    async def get(self, item_id: int) -> Item | None:
        """Return the item, or None where there is none."""
        ...

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item under an id that was never given before."""
        ...


def seed_items(number: int) -> Iterator[ItemIn]:
    """Yield the items of a fresh store: the same ones each time, for answers known in advance."""
    for n in range(1, number + 1):
        yield ItemIn(name=f"item {n}", price=n * 0.25, in_stock=n % 10 != 0)


class MemoryStore:
    """Items in a dictionary: gone with the process, and not shared between processes."""

    def __init__(self, drafts: Iterable[ItemIn] = ()) -> None:
        self._ids = count(1)
        self._items: dict[int, Item] = {}
        for draft in drafts:
            self._keep(draft)

    async def get(self, item_id: int) -> Item | None:
        """Return the item, or None where there is none."""
        return self._items.get(item_id)

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item under an id that was never given before."""
        return self._keep(draft)

    def _keep(self, draft: ItemIn) -> Item:
        item = Item(id=next(self._ids), **dict(draft))
        self._items[item.id] = item
        return item
