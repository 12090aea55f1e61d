"""A cache in Redis, which all workers of a server share; without Redis, there is no cache."""

import asyncio
import logging
from collections.abc import Awaitable, Hashable
from time import monotonic
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.cache import Looked
from app.models import Item

logger = logging.getLogger(__name__)

PATIENCE_S: Final = 0.25
"""How long Redis may take to answer."""
PAUSE_S: Final = 1.0
"""How long reads go past a Redis that has failed, before one asks again."""
_TICKET_S: Final = 3600
"""How long a count of writes is kept: longer than any read of the store takes."""

# Remember an item only if the count of writes is the one that the look has seen.
_PUT: Final = """
if (redis.call('GET', KEYS[2]) or '0') == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
"""


class RedisCache:
    """Items as JSON in Redis, for `ttl_s` at most.

    What one worker writes, all read from then on: each write counts up the item's ticket, and a
    worker that has read the store before remembers nothing under the old one. Only a write that
    Redis was not told of, because it was gone, can leave an old item there, for `ttl_s` at most.

    `store` is a name that no other store in this Redis has.
    """

    def __init__(self, url: str, store: str, ttl_s: float) -> None:
        self._url = url
        self._prefix = f"items:{store}"
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()
        self._failed_s: float | None = None  # when Redis failed last; None: it works
        self._new_client()  # so that a URL that cannot be read stops the start

    async def look(self, item_id: int) -> Looked:
        """Return what is remembered of this item; nothing where Redis is gone."""
        if self._failed_s is not None and monotonic() - self._failed_s < PAUSE_S:
            return Looked(None)
        found = await self._asked(self._client().mget(*self._keys(item_id)))
        if found is None:
            return Looked(None)
        kept, ticket = found
        item = None if kept is None else Item.model_validate_json(kept)
        return Looked(item, ticket or b"0")

    async def put(self, item: Item, ticket: Hashable) -> None:
        """Remember an item, unless it was forgotten since."""
        arguments = (cast("bytes", ticket), item.model_dump_json(), self._ttl_ms)
        await self._asked(self._client().eval(_PUT, 2, *self._keys(item.id), *arguments))

    async def forget(self, item_id: int) -> None:
        """Remember nothing of this item; asks even a Redis that has just failed."""
        item, ticket = self._keys(item_id)
        async with self._client().pipeline(transaction=True) as pipeline:
            pipeline.incr(ticket)
            pipeline.expire(ticket, _TICKET_S)
            pipeline.delete(item)
            await self._asked(pipeline.execute())

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _asked(self, answer: Awaitable[Any]) -> Any:
        """Return the answer of Redis, or None where there is none; say when that changes."""
        try:
            found = await answer
        except (RedisError, OSError, TimeoutError) as error:
            if self._failed_s is None:
                logger.warning("the cache has failed, going on without: %s", error)
            self._failed_s = monotonic()
            return None
        if self._failed_s is not None:
            logger.warning("the cache is back")
            self._failed_s = None
        return found

    def _keys(self, item_id: int) -> tuple[str, str]:
        return f"{self._prefix}:{item_id}", f"{self._prefix}:{item_id}:writes"

    def _client(self) -> Redis:
        """Return the client of this event loop: connections cannot be taken to another."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = self._new_client()
        return client

    def _new_client(self) -> Redis:
        return Redis.from_url(
            self._url,
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 1),  # once: a kept connection may have been closed meanwhile
        )
