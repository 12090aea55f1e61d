"""The store in memory."""

from app.models import ItemIn
from app.storage import MemoryStore, seed_items

DRAFT = ItemIn(name="widget", price=9.5)


async def test_unknown_id_is_none() -> None:
    """An id that was never given finds nothing, and nothing is raised."""
    assert await MemoryStore().get(1) is None


async def test_added_item_is_found() -> None:
    """What was added is found under the id that it got."""
    store = MemoryStore()
    item = await store.add(DRAFT)
    assert await store.get(item.id) == item


async def test_ids_count_from_one() -> None:
    """Ids are given in order, from 1, or from behind the seeded items."""
    empty, seeded = MemoryStore(), MemoryStore(seed_items(3))
    assert [(await empty.add(DRAFT)).id for _ in range(2)] == [1, 2]
    assert [(await seeded.add(DRAFT)).id for _ in range(2)] == [4, 5]


async def test_stores_are_apart() -> None:
    """What is added to one store is not in another."""
    one, other = MemoryStore(), MemoryStore()
    await one.add(DRAFT)
    assert await other.get(1) is None


def test_seeds_are_deterministic() -> None:
    """The seeded items are the same each time, and not all alike."""
    seeds = list(seed_items(100))
    assert seeds == list(seed_items(100))
    assert len({seed.name for seed in seeds}) == 100
    assert {seed.in_stock for seed in seeds} == {True, False}


def test_no_seeds() -> None:
    """A store may begin empty."""
    assert list(seed_items(0)) == []
