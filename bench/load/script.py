"""A workload compiled for one server: wire bytes, and how each answer is judged."""

from collections.abc import Callable, Iterable
from typing import Final

import httpx
import numpy as np

from bench.load.samples import Code
from bench.load.wire import Head, Heads, request_bytes
from bench.workload import Exchange

LENGTH: Final = 4096  # a power of two, so that a slot's line is found by masking


class Line:
    """One exchange, compiled: what is sent, and whether what comes back is right."""

    __slots__ = ("_answer", "accepts", "bodiless", "request", "status", "wire")

    def __init__(self, exchange: Exchange) -> None:
        """Compile an exchange."""
        self.request = exchange.request
        self._answer = exchange.answer
        self.wire = request_bytes(exchange.request)
        self.status = exchange.answer.status
        self.accepts: Callable[[bytes], bool] = exchange.answer.accepts
        self.bodiless = exchange.request.method == "HEAD"

    def judge(self, head: Head, body: bytes, note: Callable[[str], None]) -> Code:
        """Look closely at an answer that was not recognised as right."""
        if head.status != self.status:
            note(f"{self._name}: expected status {self.status}, got {head.status}: {body[:200]!r}")
            return Code.WRONG_STATUS
        fault = self._fault(head, body)
        if fault is None:
            return Code.OK
        note(f"{self._name}: {fault}")
        return Code.WRONG_BODY

    def _fault(self, head: Head, body: bytes) -> str | None:
        response = httpx.Response(
            head.status, headers=list(head.headers), content=body, request=self.request
        )
        try:
            return self._answer.fault(response)
        except Exception as error:  # noqa: BLE001 - whatever a check trips over, the answer is wrong
            return f"{type(error).__name__}: {error}"

    @property
    def _name(self) -> str:
        return f"{self.request.method} {self.request.url.path}"


class Script:
    """The order in which a workload's exchanges are sent: LENGTH lines, by weight, shuffled."""

    def __init__(self, exchanges: Iterable[Exchange], seed: int) -> None:
        """Compile and shuffle; raises ValueError when there is nothing to send."""
        written = list(exchanges)
        if not written:
            raise ValueError("the workload has no exchanges")
        self.lines = [Line(exchange) for exchange in written]
        weights = np.array([exchange.weight for exchange in written], dtype=float)
        order = np.random.default_rng(seed).choice(
            len(written), size=LENGTH, p=weights / weights.sum()
        )
        self._sequence = [self.lines[index] for index in order]

    def sequence_from(self, first_line: int) -> list[Line]:
        """All LENGTH lines, beginning with the one at `first_line` modulo LENGTH."""
        first = first_line % LENGTH
        return self._sequence[first:] + self._sequence[:first]


WITH_BODY: Final = Heads()
BODILESS: Final = Heads(bodiless=True)
