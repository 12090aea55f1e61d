"""Asking a server a number of times: every answer is waited for and verified, none is timed."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from bench.counting.errors import CounterError, CountingError
from bench.errors import UsageError
from bench.load.http1.channel import Channel
from bench.load.http1.opening import opened
from bench.load.net.address import Peer
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError
from bench.load.reckoning.samples import Code
from bench.load.scripts.compiled import Compiled
from bench.load.scripts.message_script import MessageScript
from bench.load.scripts.script import Script, ScriptLine
from bench.load.scripts.supply import Stream, Supply, Visit

ANSWER_LIMIT_S: Final = 60.0
"""For one answer of a server that is some fifty times slower than it would be."""


def supply_of(sent: Compiled, block: int) -> Supply:
    """Where requests come from: of a set, each block of so many has the same ones.

    Raises CountingError for messages over a WebSocket.
    """
    if isinstance(sent, MessageScript):
        raise CounterError("messages over a WebSocket are not counted, only requests")
    return Stream.over(sent.block(block)) if isinstance(sent, Script) else sent


class CountingClient:
    """Connections to one server, each with one request in flight at the most."""

    def __init__(self, supply: Supply, peer: Peer, connections: int = 1) -> None:
        """Open no connection yet."""
        self._peer = peer
        self._lanes: list[tuple[Visit, Channel | None]] = [
            (supply.visit(), None) for _ in range(connections)
        ]
        self._opened = 0

    async def ask(self, requests: int) -> int:
        """Send so many requests and verify each answer; how many connections were opened.

        Raises CountingError where an answer is wrong or does not come.
        """
        before, left = self._opened, iter(range(requests))
        try:
            async with asyncio.TaskGroup() as group:
                for lane in range(len(self._lanes)):
                    group.create_task(self._go_on(lane, left))
        except* CountingError as errors:
            raise errors.exceptions[0] from None
        return self._opened - before

    def close(self) -> None:
        """Close every connection: some servers wait for them when they stop."""
        for _, channel in self._lanes:
            if channel is not None:
                channel.close()

    async def _go_on(self, lane: int, left: Iterator[int]) -> None:
        """Send over one connection for as long as there is something left to send."""
        for _ in left:
            visit, channel = self._lanes[lane]
            if channel is None or not channel.reusable:
                channel = await self._connect(channel)
                self._lanes[lane] = visit, channel
            await _verified(channel, _line_of(visit))

    async def _connect(self, old: Channel | None) -> Channel:
        if old is not None:
            old.close()
        self._opened += 1
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await opened(self._peer)
        except OSError as error:  # TimeoutError too
            raise CountingError(f"it accepts no connection: {type(error).__name__}") from error


def _line_of(visit: Visit) -> ScriptLine:
    try:
        return visit.line()
    except UsageError as error:
        raise CountingError(str(error)) from error


async def _verified(channel: Channel, line: ScriptLine) -> None:
    """Send one request; raises CountingError unless the right answer comes."""
    said: list[str] = []
    try:
        body = await channel.exchange(line.wire, ANSWER_LIMIT_S, bodiless=line.bodiless)
        head = channel.head
        if line.recognises(head.status, body, head.headers):
            return
        code = line.judge(head, body, said.append)
    except TimeoutError as error:
        raise CountingError(f"no answer within {ANSWER_LIMIT_S:.0f} s") from error
    except (ConnectionLostError, MalformedResponseError, UsageError) as error:
        with suppress(Exception):
            channel.close()
        raise CountingError(f"{line.request.url.path}: {error}") from error
    if code is not Code.OK:
        raise CountingError(f"a wrong answer: {said[0] if said else code.name}")
