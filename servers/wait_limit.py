"""Waiting for what may take long: up to a limit, with one message once it takes long."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

START_LIMIT_S = 60.0
"""How long a server may take until it answers, and an app until it is imported, unless said."""
NOTIFY_AFTER_S = 10.0
"""After so long the user wants to know what is waited for."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, and where a line goes that it takes long; None: nowhere."""

    limit_s: float = START_LIMIT_S
    tell: Callable[[str], None] | None = None

    @property
    def after_s(self) -> float:
        """When the line is sent, if the limit leaves time for it."""
        return min(NOTIFY_AFTER_S, self.limit_s)

    async def first_of(
        self, tasks: Collection[asyncio.Task[Any]], waits: Callable[[], str]
    ) -> None:
        """Wait until one of the tasks is done, or the limit is over: `done` tells which it was.

        `waits`: says what is waited for.
        """
        early_s = self.after_s
        done, _ = await asyncio.wait(tasks, timeout=early_s, return_when=asyncio.FIRST_COMPLETED)
        if done or self.limit_s <= early_s:
            return
        if self.tell is not None:
            self.tell(waits())
        rest_s = self.limit_s - early_s
        await asyncio.wait(tasks, timeout=rest_s, return_when=asyncio.FIRST_COMPLETED)
