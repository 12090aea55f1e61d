"""When is a server ready? When as many processes of its own have answered as it has workers."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from servers import process
from servers.command import Address
from servers.probe import Answer, get

_INTERVAL_S = 0.003  # Between questions: what the time to the first answer is precise to.
_LIMIT_S = 1.0
"""A question that hangs may hang for ever: ask again. It may also be one that takes so long: the
next has twice the time."""


class Readiness(Protocol):
    """What to ask a server, what a right answer is, and who gave it."""

    @property
    def path(self) -> str:
        """What to GET."""

    def check(self, status: int, body: bytes) -> bool:
        """Tell whether this is the right answer."""

    def pid(self, body: bytes) -> int | None:
        """Return who answered; None: the answer does not tell, ask who listens."""


@dataclass(frozen=True)
class HealthReadiness:
    """The items app's own: GET /health answers {"status": "ok", "pid": 1234}."""

    path: str = "/health"

    def check(self, status: int, body: bytes) -> bool:
        """Tell whether it is 200, ok, and signed with a pid."""
        return status == 200 and self.pid(body) is not None  # noqa: PLR2004

    def pid(self, body: bytes) -> int | None:
        """Return the pid of the worker that answered; None: it is no answer of /health."""
        try:
            facts = json.loads(body)
        except ValueError:
            return None
        if not isinstance(facts, dict) or facts.get("status") != "ok":
            return None
        pid = facts.get("pid")
        return pid if isinstance(pid, int) else None


@dataclass(frozen=True)
class AnswerReadiness:
    """Any app: ready is the first answer of the expected status.

    How many workers are up cannot be asked: with several, some may still be starting.
    """

    path: str = "/"
    status: int = 200

    def check(self, status: int, body: bytes) -> bool:
        """Tell whether it is the expected status, whatever the body."""
        del body
        return status == self.status

    def pid(self, body: bytes) -> int | None:
        """Return None: the answer does not tell."""
        del body
        return None


class StrangerError(Exception):
    """The port is answered by a process that is not the server's."""


@dataclass
class Waiting:
    """The wait for one server: what has been seen so far, also when it is given up."""

    address: Address
    readiness: Readiness
    tree: Callable[[], Collection[int]] | None
    """Who belongs to the server; None: nobody knows, it was not started here."""
    first_ns: int | None = None
    """When the first right answer was complete, on the monotonic clock."""
    last_seen: str = "nothing was asked yet"

    async def until_ready(self, workers: int) -> frozenset[int]:
        """Ask until that many processes have answered, and return them; set a deadline around it.

        Raises StrangerError.
        """
        answered: set[int] = set()
        limit_s = _LIMIT_S
        while True:
            # The kernel picks the worker: once one is up, ask in bursts, so that others are hit.
            burst = 1 if self.first_ns is None else 2 * workers
            asked = (get(self.address, self.readiness.path, limit_s) for _ in range(burst))
            began_ns, answers = process.now_ns(), await asyncio.gather(*asked)
            if process.now_ns() - began_ns >= limit_s * 1e9:
                limit_s *= 2
            for answer in answers:
                if isinstance(answer, str):
                    self.last_seen = answer
                elif self._is_right(answer):
                    answered |= self._who(answer.body)
                    if self._suffice(answered, answer.body, workers):
                        return frozenset(answered)
            await asyncio.sleep(_INTERVAL_S)

    def _is_right(self, answer: Answer) -> bool:
        self.last_seen = f"status {answer.status}, body {answer.body[:60]!r}"
        right = self.readiness.check(answer.status, answer.body)
        if right and self.first_ns is None:
            self.first_ns = answer.at_ns
        return right

    def _who(self, body: bytes) -> set[int]:
        if self.tree is None:
            return set()
        tree, pid = set(self.tree()), self.readiness.pid(body)
        who = process.listeners(tree, self.address.port) if pid is None else {pid}
        if not who or not who <= tree:
            stranger = "a process that is not its own" if pid is None else f"pid {pid}, not its own"
            raise StrangerError(f"port {self.address.port} is answered by {stranger}")
        return who

    def _suffice(self, answered: set[int], body: bytes, workers: int) -> bool:
        if self.tree is None or self.readiness.pid(body) is None:
            return True
        return len(answered) >= workers
