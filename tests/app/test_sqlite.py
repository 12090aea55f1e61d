"""What the SQLite store owes beyond what every store does."""

import asyncio
import multiprocessing
import os
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing, closing
from pathlib import Path

import anyio
import pytest

from app.main import create_app
from app.models import ItemChanges, ItemIn
from app.settings import Settings
from app.sqlite import SqliteStore
from app.storage import StoreUnavailableError, seed_items
from tests.app.clients import client_of
from tests.ending import PATIENCE_S

DRAFT = ItemIn(name="widget", price=9.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file that does not exist yet."""
    return tmp_path / "items.sqlite3"


@pytest.fixture
async def locked(path: Path) -> AsyncIterator[SqliteStore]:
    """Open a store whose file another program has locked; a write waits for a second."""
    async with aclosing(SqliteStore(path, seed_items(3), patience_s=0.1)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield store


async def test_restart_keeps_items(path: Path) -> None:
    """A second opening finds what was kept, and does not seed again."""
    async with aclosing(SqliteStore(path, seed_items(3))) as store:
        await store.delete(1)
        added = await store.add(DRAFT)
    async with aclosing(SqliteStore(path, seed_items(3))) as store:
        assert [item.id for item in await store.page(10, 0)] == [2, 3, added.id]


def _open(path: Path) -> None:
    SqliteStore(path, seed_items(50))


async def test_seeded_once_by_many(path: Path) -> None:
    """Of workers that start at once, one seeds."""
    with ProcessPoolExecutor(4, multiprocessing.get_context("forkserver")) as processes:
        list(processes.map(_open, [path] * 8))
    async with aclosing(SqliteStore(path)) as store:
        assert [item.id for item in await store.page(1000, 0)] == list(range(1, 51))


async def test_two_stores_change_one_item(path: Path) -> None:
    """Changes through two openings of one file do not undo each other."""
    async with (
        aclosing(SqliteStore(path, [DRAFT])) as one,
        aclosing(SqliteStore(path)) as other,
    ):
        async with anyio.create_task_group() as tasks:
            for n in range(20):
                tasks.start_soon(one.change, 1, ItemChanges(price=float(n)))
                tasks.start_soon(other.change, 1, ItemChanges(name=f"name {n}"))
        await one.change(1, ItemChanges(price=100.0))
        item = await other.change(1, ItemChanges(name="last"))
    assert item is not None
    assert (item.name, item.price) == ("last", 100.0)


async def test_locked_file_is_unavailable(locked: SqliteStore) -> None:
    """A write that another program's lock keeps out is refused, and reading goes on."""
    with pytest.raises(StoreUnavailableError, match="locked by another program"):
        await locked.add(DRAFT)
    with pytest.raises(StoreUnavailableError, match="locked by another program"):
        await locked.change(1, ItemChanges(price=1.0))
    assert [item.price for item in await locked.page(10, 0)] == [0.25, 0.5, 0.75]


async def test_writes_that_wait_do_not_hinder_a_read(path: Path) -> None:
    """Behind a lock many writes queue; a read is answered before any of them, and all are done."""
    async with aclosing(SqliteStore(path, seed_items(3), patience_s=60.0)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writes = [asyncio.create_task(store.add(DRAFT)) for _ in range(24)]
            await asyncio.sleep(0)  # they begin
            assert await store.get(1) is not None
            assert not any(write.done() for write in writes)
        await asyncio.gather(*writes)
        assert len(await store.page(100, 3)) == 24


async def test_writes_that_wait_are_given_up_together(path: Path) -> None:
    """Each waits as long as one would alone, from when it came: not one after the other."""
    now_s = asyncio.get_running_loop().time
    async with aclosing(SqliteStore(path, seed_items(3), patience_s=0.5)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began_s = now_s()
            writes = (store.add(DRAFT) for _ in range(24))
            refused = await asyncio.gather(*writes, return_exceptions=True)
            assert 0.5 <= now_s() - began_s < 24 * 0.5 / 2
    assert {str(each) for each in refused} == {
        "the store is locked by another program: try again",
        "the store is busy with other writes: try again",
    }


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE items",
        "ALTER TABLE items RENAME COLUMN price TO cost",
        "UPDATE items SET price = 'dear' WHERE id = 1",
        "UPDATE items SET name = CAST(x'ff' AS TEXT) WHERE id = 1",
    ],
    ids=["no-table", "no-column", "no-price", "no-text"],
)
async def test_damaged_store_is_unavailable(path: Path, damage: str) -> None:
    """What another program has made of the file is no crash."""
    async with aclosing(SqliteStore(path, seed_items(3))) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(damage)
        for read in (store.get(1), store.page(10, 0), store.change(1, ItemChanges(name="a"))):
            with pytest.raises(StoreUnavailableError, match="the store is damaged"):
                await read


@pytest.mark.parametrize("opened", [False, True])
async def test_removed_file_is_unavailable(path: Path, *, opened: bool) -> None:
    """A file that is gone is neither made again, empty, nor written where nobody will find it."""
    async with aclosing(SqliteStore(path, seed_items(3))) as store:
        if opened:
            await store.delete(1)
        await anyio.Path(path).unlink()
        with pytest.raises(StoreUnavailableError, match="the store is gone: nothing was kept"):
            await store.add(DRAFT)
        if not opened:
            with pytest.raises(StoreUnavailableError, match="the store cannot be opened"):
                await store.get(1)
    assert not await anyio.Path(path).exists()


async def test_locked_file_is_a_503(path: Path) -> None:
    """The client of a locked store is told to try again."""
    app = create_app(Settings(storage=f"sqlite:///{path}"))
    await app.state.store.aclose()
    async with (
        aclosing(SqliteStore(path, patience_s=0.1)) as app.state.store,
        client_of(app) as client,
    ):
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            response = await client.post("/items", json={"name": "a", "price": 1})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json() == {"detail": "the store is locked by another program: try again"}


async def _fill(path: Path) -> str:
    """Write on a disk that ends soon; return what was said, and what was kept then."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with aclosing(SqliteStore(path)) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, most))
        kept = 0
        try:
            for _ in range(1000):
                await store.add(ItemIn(name="x" * 1000, price=1))
                kept += 1
        except StoreUnavailableError as error:
            said = str(error)
        else:
            said = "nothing"
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        await store.add(DRAFT)
    return f"{said} ({kept})"


def _filled(path: Path) -> str:
    return anyio.run(_fill, path)


async def test_full_disk_is_unavailable(path: Path) -> None:
    """A write that the disk has no room for is refused whole; with room again, writing goes on."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as processes:
        said, _, kept = processes.submit(_filled, path).result().rstrip(")").rpartition(" (")
    assert "nothing was kept" in said
    async with aclosing(SqliteStore(path)) as store:
        names = [item.name for item in await store.page(1000, 0)]
    assert names == ["x" * 1000] * int(kept) + ["widget"]


async def test_fork_opens_anew(path: Path) -> None:
    """A process that was forked from one that used the store can use it too."""
    async with aclosing(SqliteStore(path, [DRAFT])) as store:
        await store.get(1)
        child = multiprocessing.get_context("fork").Process(
            target=_read_in_child,
            args=(store,),
            daemon=True,  # or this process would wait for it
        )
        child.start()
        child.join(PATIENCE_S)
    assert child.exitcode == 0


def _read_in_child(store: SqliteStore) -> None:
    """Exit with 0 only where the item is found."""
    item = anyio.run(store.get, 1)
    os._exit(0 if item is not None and item.price == 9.5 else 1)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("no database, but long enough to be read as one", "not a database"),
        (None, "No such file"),
    ],
)
def test_unusable_path_is_refused(tmp_path: Path, content: str | None, complaint: str) -> None:
    """A file that is no database, or a folder that is not there, stops the start."""
    path = tmp_path / "items.sqlite3" if content else tmp_path / "nowhere" / "items.sqlite3"
    if content:
        path.write_text(content * 10, encoding="utf-8")
    with pytest.raises(ValueError, match=f"ITEMS_STORAGE: .*items.sqlite3.*{complaint}"):
        SqliteStore(path)


def test_another_version_is_refused(path: Path) -> None:
    """A file of a later program is left alone."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(ValueError, match="version 2 and this program knows 1"):
        SqliteStore(path)
