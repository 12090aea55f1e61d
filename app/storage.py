"""Where items are kept; knows nothing of HTTP."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Final, Protocol
from uuid import uuid4

from app.models import Item, ItemChanges, ItemIn


class StoreUnavailableError(Exception):
    """The store cannot do its work now (locked, full, gone); nothing was half written."""


CHUNK_BYTES: Final = 2**14
"""About how much of an export is made, and sent, at a time: other requests wait no longer."""


class Export(Protocol):
    """Every item as it was at one moment: one line of JSON each, in the order of their ids.

    It keeps nothing of the store waiting, however slowly it is read.
    """

    async def read(self) -> bytes:
        """Return the next bytes, about CHUNK_BYTES; nothing at the end."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds; a second time it does nothing."""
        ...


class ItemStore(Protocol):
    """Keeps items; asynchronous, so that a store may be a database.

    Every method raises StoreUnavailableError.
    """

    name: str
    """No other store has it, not even a later one in the same place: for caches that outlive it."""

    async def page(self, limit: int, offset: int) -> Sequence[Item]:
        """Return at most `limit` items in the order of their ids, after the first `offset`."""
        ...

    async def export(self) -> Export:
        """Return every item as it is now; writes do not change what was returned."""
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


def line_of(item: Item) -> bytes:
    """Return an item as a line of an export."""
    return item.model_dump_json().encode() + b"\n"


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

    async def export(self) -> Export:
        """Return every item as it is now: items never change, they are replaced."""
        return _MemoryExport(list(self._items.values()))

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


class _MemoryExport:
    """The items themselves; each becomes a line only when it is read."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)

    async def read(self) -> bytes:
        """Return the next lines; nothing at the end."""
        chunk = bytearray()
        for item in self._items:
            chunk += line_of(item)
            if len(chunk) >= CHUNK_BYTES:
                break
        return bytes(chunk)

    async def aclose(self) -> None:
        """Forget the items that were not read."""
        self._items = iter(())
