"""Where items are kept; knows nothing of HTTP."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Protocol
from uuid import uuid4

from app.models import Item, ItemChanges, ItemIn


class StoreUnavailableError(Exception):
    """The store cannot do its work now (locked, full, gone); nothing was half written."""


class ItemStore(Protocol):
    """Keeps items; asynchronous, so that a store may be a database.

    Every method raises StoreUnavailableError.
    """

    name: str
    """No other store has it, not even a later one in the same place: for caches that outlive it."""

    async def page(self, limit: int, offset: int) -> Sequence[Item]:
        """Return at most `limit` items in the order of their ids, after the first `offset`."""
        ...

    async def get(self, item_id: int) -> Item | None:
        """Return the item, or None where there is none."""
        ...

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item under an id that was never given before."""
        ...

    async def replace(self, item_id: int, draft: ItemIn) -> Item | None:
        """Put the draft in the place of an item; None where there is none."""
        ...

    async def change(self, item_id: int, changes: ItemChanges) -> Item | None:
        """Change what `changes` names, in one step; None where there is no such item."""
        ...

    async def delete(self, item_id: int) -> bool:
        """Forget the item, and tell whether there was one; its id is not given again."""
        ...

    async def aclose(self) -> None:
        """Let go of files, threads and connections, if there are any."""
        ...


def seed_items(number: int) -> Iterator[ItemIn]:
    """Yield the items of a fresh store: the same ones each time, for answers known in advance."""
    for n in range(1, number + 1):
        yield ItemIn(name=f"item {n}", price=n * 0.25, in_stock=n % 10 != 0)


class MemoryStore:
    """Items in a dictionary: gone with the process, and not shared between processes."""

    def __init__(self, drafts: Iterable[ItemIn] = ()) -> None:
        self.name = uuid4().hex
        self._ids = count(1)
        self._items: dict[int, Item] = {}  # in the order of the ids: they only grow
        for draft in drafts:
            self._keep(next(self._ids), draft)

    async def page(self, limit: int, offset: int) -> Sequence[Item]:
        """Return at most `limit` items in the order of their ids, after the first `offset`."""
        return list(islice(islice(self._items.values(), offset, None), limit))

    async def get(self, item_id: int) -> Item | None:
        """Return the item, or None where there is none."""
        return self._items.get(item_id)

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item under an id that was never given before."""
        return self._keep(next(self._ids), draft)

    async def replace(self, item_id: int, draft: ItemIn) -> Item | None:
        """Put the draft in the place of an item; None where there is none."""
        return self._keep(item_id, draft) if item_id in self._items else None

    async def change(self, item_id: int, changes: ItemChanges) -> Item | None:
        """Change what `changes` names; None where there is no such item."""
        item = self._items.get(item_id)
        return None if item is None else self._keep(item_id, changes.applied_to(item))

    async def delete(self, item_id: int) -> bool:
        """Forget the item, and tell whether there was one; its id is not given again."""
        return self._items.pop(item_id, None) is not None

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _keep(self, item_id: int, draft: ItemIn) -> Item:
        item = Item(id=item_id, name=draft.name, price=draft.price, in_stock=draft.in_stock)
        self._items[item_id] = item
        return item
