"""Stores that answer when a test lets them."""

import asyncio

from app.models import Item, ItemChanges
from app.storage import MemoryStore, seed_items


class SlowStore(MemoryStore):
    """A store whose answer to a read is held back until it is let go."""

    def __init__(self) -> None:
        super().__init__(seed_items(3))
        self.found = asyncio.Event()
        self.let_go = asyncio.Event()

    async def get(self, item_id: int) -> Item | None:
        """Look the item up at once, and answer later."""
        item = await super().get(item_id)
        self.found.set()
        await self.let_go.wait()
        return item


class SlowWrites(MemoryStore):
    """A store that begins a change at once, and does it when it is let go."""

    def __init__(self) -> None:
        super().__init__(seed_items(3))
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def change(self, item_id: int, changes: ItemChanges) -> Item | None:
        """Change the item, later."""
        self.begun.set()
        await self.let_go.wait()
        return await super().change(item_id, changes)
