"""Items in an SQLite file: they survive restarts, and the workers of a server share them."""

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any, Final, TypeVar
from uuid import uuid4

from pydantic import ValidationError

from app.models import Item, ItemChanges, ItemIn
from app.sqlite_faults import DAMAGED, GONE, NO_ROOM, OVERRUN, unavailable
from app.storage import CHUNK_BYTES, Export, StoreUnavailableError, line_of

_T = TypeVar("_T")

SCHEMA_VERSION: Final = 1
PATIENCE_S: Final = 2.0
"""How long a write waits for its turn, and for the writes of other processes, altogether."""
_READERS: Final = 4
_SPOOLED_BYTES: Final = 2**20
"""The longest export that stays in memory: what is longer goes to a temporary file."""
_SCHEMA: Final = """
    CREATE TABLE items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        price REAL NOT NULL,
        in_stock INTEGER NOT NULL
    )"""
_NAME: Final = "CREATE TABLE store (name TEXT NOT NULL)"
_COLUMNS: Final = "id, name, price, in_stock"


class SqliteStore:
    """Items in one table; one connection a thread, and threads of its own in every process.

    Writes have one thread, since SQLite does one at a time: those that wait do not keep reads from
    theirs. A write that has waited for `patience_s` is given up, and was not begun.

    A fresh file gets its table and the drafts in one transaction: of several workers that start
    at once one does so, and one that is killed at it leaves nothing. A file that has a table is
    kept as it is. Raises ValueError for a path that cannot be used.
    """

    def __init__(
        self, path: Path, drafts: Iterable[ItemIn] = (), patience_s: float = PATIENCE_S
    ) -> None:
        self._path = path.absolute()
        self._patience_s = patience_s
        self._threads = cache(_Threads)  # by process: a fork takes neither threads nor connections
        try:
            with (
                _one_at_a_time(self._path.parent),
                closing(_connection(self._path, patience_s, create=True)) as connection,
            ):
                connection.execute("PRAGMA journal_mode = WAL")
                _prepare(connection, drafts)
                [self.name] = connection.execute("SELECT name FROM store").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise ValueError(f"ITEMS_STORAGE: '{path}' cannot be used: {error}") from error

    async def page(self, limit: int, offset: int) -> Sequence[Item]:
        """Return at most `limit` items in the order of their ids, after the first `offset`."""
        query = f"SELECT {_COLUMNS} FROM items ORDER BY id LIMIT ? OFFSET ?"  # noqa: S608
        return await self._read(
            lambda connection: [_item(row) for row in connection.execute(query, (limit, offset))]
        )

    async def export(self) -> Export:
        """Return every item as it is now.

        It is copied at once: a transaction that is open for as long as a client reads would keep
        the file's log from being emptied, and it would grow without end.
        """
        threads = self._threads(os.getpid())
        return _SpooledExport(await self._read(_copy, threads.exporter))

    async def get(self, item_id: int) -> Item | None:
        """Return the item, or None where there is none."""
        return await self._read(lambda connection: _find(connection, item_id))

    async def add(self, draft: ItemIn) -> Item:
        """Keep a new item under an id that was never given before."""
        return await self._write(lambda connection: _insert(connection, draft))

    async def replace(self, item_id: int, draft: ItemIn) -> Item | None:
        """Put the draft in the place of an item; None where there is none."""
        return await self._write(lambda connection: _update(connection, item_id, draft))

    async def change(self, item_id: int, changes: ItemChanges) -> Item | None:
        """Change what `changes` names, in one step; None where there is no such item."""

        def change(connection: sqlite3.Connection) -> Item | None:
            with _transaction(connection):
                item = _find(connection, item_id)
                return item and _update(connection, item_id, changes.applied_to(item))

        return await self._write(change)

    async def delete(self, item_id: int) -> bool:
        """Forget the item, and tell whether there was one; its id is not given again."""
        statement = "DELETE FROM items WHERE id = ?"
        return await self._write(
            lambda connection: connection.execute(statement, (item_id,)).rowcount == 1
        )

    async def aclose(self) -> None:
        """End this process's threads and connections; the next call begins again."""
        threads = self._threads(os.getpid())
        self._threads.cache_clear()
        threads.close()

    async def _read(
        self, work: Callable[[sqlite3.Connection], _T], executor: Executor | None = None
    ) -> _T:
        threads = self._threads(os.getpid())

        def read() -> _T:
            try:
                return work(threads.connection(self._path, self._patience_s))
            except sqlite3.Error as error:
                raise unavailable(error) from error

        return await asyncio.get_running_loop().run_in_executor(executor or threads.readers, read)

    async def _write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        threads = self._threads(os.getpid())
        given_up_s = monotonic() + self._patience_s

        def write() -> _T:
            left_s = given_up_s - monotonic()
            if left_s <= 0:
                raise StoreUnavailableError(OVERRUN)
            if not self._path.exists():  # SQLite would go on with the file that has no name now
                raise StoreUnavailableError(GONE)
            try:
                connection = threads.connection(self._path, left_s)
                connection.execute(f"PRAGMA busy_timeout = {left_s * 1000:.0f}")
                return work(connection)
            except sqlite3.Error as error:
                raise unavailable(error) from error

        return await asyncio.get_running_loop().run_in_executor(threads.writer, write)


class _Threads:
    """The threads of one process, each with a connection of its own."""

    def __init__(self, _pid: int) -> None:
        self.readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-read")
        self.writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        # One at a time, so that exports take no thread away from reads.
        self.exporter = ThreadPoolExecutor(1, thread_name_prefix="sqlite-export")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    def connection(self, path: Path, patience_s: float) -> sqlite3.Connection:
        """Return this thread's connection."""
        if not hasattr(self._own, "connection"):
            self._own.connection = _connection(path, patience_s)
            self._opened.append(self._own.connection)
        connection: sqlite3.Connection = self._own.connection
        return connection

    def close(self) -> None:
        """Let what runs end, and close every connection."""
        self.readers.shutdown()
        self.writer.shutdown()
        self.exporter.shutdown()
        for connection in self._opened:
            connection.close()


class _SpooledExport:
    """A copy of the items, in memory or in a file without a name."""

    def __init__(self, lines: IO[bytes]) -> None:
        self._lines = lines

    async def read(self) -> bytes:
        """Return the next bytes; nothing at the end."""
        return await asyncio.to_thread(self._lines.read, CHUNK_BYTES)

    async def aclose(self) -> None:
        """Let go of the copy."""
        self._lines.close()


def _copy(connection: sqlite3.Connection) -> IO[bytes]:
    """Copy every item, as it is at one moment: a statement sees no write that comes later."""
    lines: IO[bytes] = SpooledTemporaryFile(_SPOOLED_BYTES)  # noqa: SIM115 - the export closes it
    try:
        for row in connection.execute(f"SELECT {_COLUMNS} FROM items ORDER BY id"):  # noqa: S608
            lines.write(line_of(_item(row)))
        lines.seek(0)
    except OSError as error:
        lines.close()
        raise StoreUnavailableError(NO_ROOM) from error
    except BaseException:
        lines.close()
        raise
    return lines


def _connection(path: Path, patience_s: float, *, create: bool = False) -> sqlite3.Connection:
    # No implicit transactions: each statement is one, unless `_transaction` holds several.
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={'rwc' if create else 'rw'}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        # With WAL a crash of the machine may lose the last writes, but never damages the file.
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder: two that turn one file to WAL at once do not wait, but fail."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _prepare(connection: sqlite3.Connection, drafts: Iterable[ItemIn]) -> None:
    with _transaction(connection):
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.execute(_NAME)
            connection.execute("INSERT INTO store (name) VALUES (?)", (uuid4().hex,))
            connection.execute(_SCHEMA)
            connection.executemany(
                "INSERT INTO items (name, price, in_stock) VALUES (?, ?, ?)",
                ((draft.name, draft.price, draft.in_stock) for draft in drafts),
            )
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(
                f"it has version {version} and this program knows {SCHEMA_VERSION}"
            )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing; the lock is taken at once, so that what was read stays true."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise


def _find(connection: sqlite3.Connection, item_id: int) -> Item | None:
    query = f"SELECT {_COLUMNS} FROM items WHERE id = ?"  # noqa: S608
    row = connection.execute(query, (item_id,)).fetchone()
    return None if row is None else _item(row)


def _insert(connection: sqlite3.Connection, draft: ItemIn) -> Item:
    cursor = connection.execute(
        "INSERT INTO items (name, price, in_stock) VALUES (?, ?, ?)",
        (draft.name, draft.price, draft.in_stock),
    )
    return _item((cursor.lastrowid, draft.name, draft.price, draft.in_stock))


def _update(connection: sqlite3.Connection, item_id: int, draft: ItemIn) -> Item | None:
    cursor = connection.execute(
        "UPDATE items SET name = ?, price = ?, in_stock = ? WHERE id = ?",
        (draft.name, draft.price, draft.in_stock, item_id),
    )
    if cursor.rowcount == 0:
        return None
    return _item((item_id, draft.name, draft.price, draft.in_stock))


def _item(row: tuple[Any, ...]) -> Item:
    item_id, name, price, in_stock = row
    try:
        return Item(id=item_id, name=name, price=price, in_stock=bool(in_stock))
    except ValidationError as error:
        raise StoreUnavailableError(DAMAGED) from error
