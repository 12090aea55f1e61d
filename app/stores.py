"""Which store the settings ask for."""

from collections.abc import Callable
from pathlib import Path

from app.settings import SQLITE, Settings
from app.sqlite import SqliteStore
from app.storage import ItemStore, MemoryStore, seed_items


def open_store(settings: Settings, count: Callable[[str], None] | None = None) -> ItemStore:
    """Open the store, seeded if it is fresh; raises ValueError where it cannot be used.

    `count` is called for each look into its cache, if it has one.
    """
    store = _uncached(settings)
    if settings.cache == "none":
        return store
    # Imported only here: the bare app does without.
    from app.cache import CachedStore, LruCache  # noqa: PLC0415

    if settings.cache == "lru":
        return CachedStore(store, LruCache(settings.cache_items, settings.cache_ttl_s), count)
    from app.redis_cache import RedisCache  # noqa: PLC0415

    cache = RedisCache(settings.cache, store.name, settings.cache_ttl_s)
    return CachedStore(store, cache, count)


def _uncached(settings: Settings) -> ItemStore:
    drafts = seed_items(settings.seeded_items)
    if settings.storage.startswith(SQLITE):
        return SqliteStore(Path(settings.storage.removeprefix(SQLITE)), drafts)
    return MemoryStore(drafts)
