"""Several coroutines at once."""

import asyncio

import pytest

from bench.system.tasks import gather_all


async def test_results_come_in_the_order_of_the_work() -> None:
    """Whoever was first."""
    first = asyncio.Event()

    async def slow() -> str:
        await first.wait()
        return "slow"

    async def fast() -> str:
        first.set()
        return "fast"

    assert await gather_all([slow(), fast()]) == ["slow", "fast"]


async def test_the_first_failure_ends_the_others_and_is_raised_alone() -> None:
    """Not as a group: it is one error with one line."""
    ended: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("endless")

    async def failing() -> None:
        raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        await gather_all([endless(), failing()])
    assert ended == ["endless"]


async def test_a_cancellation_ends_all() -> None:
    """And goes on its way."""
    ended: list[int] = []

    async def endless(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    work = asyncio.create_task(gather_all([endless(1), endless(2)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert sorted(ended) == [1, 2]
