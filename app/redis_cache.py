"""A cache in Redis, which all workers of a server share; without Redis, there is no cache."""

import asyncio
import logging
from collections.abc import Awaitable, Hashable
from time import monotonic
from typing import Any, Final, NamedTuple, cast
from weakref import WeakKeyDictionary

from pydantic import ValidationError
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


class _Clients(NamedTuple):
    """How one event loop reaches Redis."""

    usual: Redis
    """Asks twice: a kept connection may have been closed meanwhile."""
    hasty: Redis
    """Asks once: what has just failed has no connection left that could have been closed."""


class RedisCache:
    """Items as JSON in Redis, for `ttl_s` at most.

    What one worker writes, all read from then on: each write counts up the item's ticket, and a
    worker that has read the store before remembers nothing under the old one. Only a write that
    did not reach Redis, because it was gone, can leave an old item there, for `ttl_s` at most.

    `store` is a name that no other store in this Redis has.
    """

    def __init__(self, url: str, store: str, ttl_s: float) -> None:
        self._url = url
        self._prefix = f"items:{store}"
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()
        self._failed_s: float | None = None  # when Redis failed last; None: it works
        self._new_client(0)  # so that a URL that cannot be read stops the start

    async def look(self, item_id: int) -> Looked:
        """Return what is remembered of this item; nothing where Redis is gone."""
        if self._pausing():
            return Looked(None)
        found = await self._asked(self._client().mget(*self._keys(item_id)))
        if found is None:
            return Looked(None)
        kept, ticket = found
        ticket = ticket or b"0"
        try:
            item = None if kept is None else Item.model_validate_json(kept)
        except ValidationError as error:  # as a program of another version has left it
            faults = error.errors(include_input=False, include_url=False)
            logger.warning("the cache holds no item under %d: %s", item_id, faults[0]["msg"])
            return Looked(None, ticket, damaged=True)
        return Looked(item, ticket)

    async def put(self, item: Item, ticket: Hashable) -> None:
        """Remember an item, unless it was forgotten since."""
        arguments = (cast("bytes", ticket), item.model_dump_json(), self._ttl_ms)
        await self._asked(self._client().eval(_PUT, 2, *self._keys(item.id), *arguments))

    async def forget(self, item_id: int) -> None:
        """Remember nothing of this item; asks even a Redis that has just failed, but once."""
        item, ticket = self._keys(item_id)
        async with self._client().pipeline(transaction=True) as pipeline:
            pipeline.incr(ticket)
            pipeline.expire(ticket, _TICKET_S)
            pipeline.delete(item)
            await self._asked(pipeline.execute())

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        for client in self._clients.pop(asyncio.get_running_loop(), ()):
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

    def _pausing(self) -> bool:
        """Tell whether Redis has failed just now."""
        return self._failed_s is not None and monotonic() - self._failed_s < PAUSE_S

    def _client(self) -> Redis:
        """Return a client of this event loop: connections cannot be taken to another."""
        loop = asyncio.get_running_loop()
        clients = self._clients.get(loop)
        if clients is None:
            clients = self._clients[loop] = _Clients(self._new_client(1), self._new_client(0))
        return clients.hasty if self._pausing() else clients.usual

    def _new_client(self, retries: int) -> Redis:
        return Redis.from_url(
            self._url,
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), retries),
        )
