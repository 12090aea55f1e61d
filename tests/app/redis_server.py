"""A real Redis for one test: on a port of its own, gone afterwards."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from servers.ports import free_port
from servers.processes.keeper_client import KeptProgram, keep

LIMIT_S = 20.0


def redis_program() -> str:
    """Return where redis-server is; where there is none, a test is skipped, but never in CI."""
    found = shutil.which("redis-server")
    if found is None:
        missing = "redis-server is not installed: apt-get install redis-server"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@asynccontextmanager
async def redis_server(
    folder: Path, port: int | None = None
) -> AsyncIterator[tuple[str, KeptProgram]]:
    """Start a Redis that answers; give its URL, and what keeps it."""
    port = port or free_port("127.0.0.1")
    argv = [
        redis_program(), "--bind", "127.0.0.1", "--port", str(port),
        "--save", "", "--appendonly", "no", "--dir", str(folder),
    ]  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"
    async with keep(argv, log=folder / "redis.log") as kept, asyncio.timeout(LIMIT_S) as limit:
        async with Redis.from_url(url) as client:
            while not await answers(client):
                assert kept.running
        limit.reschedule(None)
        yield url, kept


async def answers(client: Redis) -> bool:
    """Ask whether it is there."""
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        await asyncio.sleep(0.01)
        return False
