"""What every store owes; each test runs over all of them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path

import pytest

from app.models import MAX_ID, ItemChanges, ItemIn
from app.sqlite import SqliteStore
from app.storage import ItemStore, MemoryStore, seed_items

DRAFT = ItemIn(name="widget", price=9.5)
OTHER = ItemIn(name="gadget", price=0.1, in_stock=False)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ItemStore]:
    """Open a fresh store of three items."""
    drafts: Iterable[ItemIn] = seed_items(3)
    if request.param == "memory":
        yield MemoryStore(drafts)
        return
    async with aclosing(SqliteStore(tmp_path / "items.sqlite3", drafts)) as store:
        yield store


async def test_unknown_id_is_none(store: ItemStore) -> None:
    """An id that was never given finds nothing, and nothing is raised."""
    assert await store.get(MAX_ID) is None
    assert await store.replace(MAX_ID, DRAFT) is None
    assert await store.change(MAX_ID, ItemChanges(price=1.0)) is None
    assert await store.delete(MAX_ID) is False


async def test_seeded_items_come_first(store: ItemStore) -> None:
    """A fresh store holds what it was given, with the ids from 1 upwards."""
    assert [item.id for item in await store.page(10, 0)] == [1, 2, 3]
    assert (await store.add(DRAFT)).id == 4


async def test_added_item_is_kept(store: ItemStore) -> None:
    """What was added is found again, field by field."""
    item = await store.add(OTHER)
    assert await store.get(item.id) == item
    assert ItemIn(**item.model_dump(exclude={"id"})) == OTHER


async def test_page_is_a_window(store: ItemStore) -> None:
    """A page begins after the offset and ends at the limit or the last item."""
    assert [item.id for item in await store.page(1, 1)] == [2]
    assert [item.id for item in await store.page(5, 2)] == [3]
    assert list(await store.page(5, MAX_ID)) == []


async def test_replaced_item_keeps_its_place(store: ItemStore) -> None:
    """Another item under the same id comes at the same place of a page."""
    replaced = await store.replace(2, OTHER)
    assert replaced is not None
    assert (replaced.id, replaced.name) == (2, "gadget")
    assert [item.name for item in await store.page(3, 0)] == ["item 1", "gadget", "item 3"]


async def test_change_keeps_the_rest(store: ItemStore) -> None:
    """Only what the change names is changed."""
    before = await store.get(1)
    changed = await store.change(1, ItemChanges(in_stock=False))
    assert before is not None
    assert changed == before.model_copy(update={"in_stock": False})
    assert await store.get(1) == changed


async def test_deleted_id_is_not_given_again(store: ItemStore) -> None:
    """Not even that of the last item."""
    assert await store.delete(3) is True
    assert await store.get(3) is None
    assert (await store.add(DRAFT)).id == 4


@pytest.mark.parametrize("name", ["\x00\x1f", "e\u0301", "日本語", "\U0001f469\u200d\U0001f680"])
@pytest.mark.parametrize("price", [0.1, 5e-324, 1.7976931348623157e308])
async def test_kept_exactly(store: ItemStore, name: str, price: float) -> None:
    """Text and numbers come back as they were, to the last bit."""
    item = await store.add(ItemIn(name=name, price=price))
    found = await store.get(item.id)
    assert found is not None
    assert (found.name, found.price) == (name, price)


def test_seeds_are_deterministic() -> None:
    """The seeded items are the same each time, and not all alike."""
    seeds = list(seed_items(100))
    assert seeds == list(seed_items(100))
    assert len({seed.name for seed in seeds}) == 100
    assert {seed.in_stock for seed in seeds} == {True, False}
