"""What is written down of each request while the window is open: preallocated, nanoseconds."""

from array import array
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray

from bench.facts.slice import Outcome
from bench.load.events.log import EventLog
from bench.load.reckoning.openings import OpeningLog
from bench.workloads.secrets import hidden, secret_values


class Code(IntEnum):
    """An outcome as one byte; 0 is what a slot holds before anything is known."""

    UNSENT = 0
    OK = 1
    WRONG_STATUS = 2
    WRONG_BODY = 3
    TIMEOUT = 4
    CONNECT_FAILED = 5
    RESET = 6


MOST_IN_A_SLICE: Final = 1_000_000
"""Requests that there is memory for: more are not sent in one slice."""

OUTCOMES: Final = {code: Outcome(code.name.lower()) for code in Code}
_ERRORS_KEPT: Final = 5
_ERROR_CHARACTERS: Final = 500
_EXAMPLES_KEPT: Final = 8  # kinds of failures, of which one is kept each
_BODY_CHARACTERS: Final = 160  # of a wrong answer, that an example shows
_NAMES: Final = {outcome.value for outcome in Outcome}


def secrets_of(request: httpx.Request) -> tuple[str, ...]:
    """What no example may show: an answer may repeat what was sent."""
    target = request.url.raw_path.decode("ascii")
    content = request.content if hasattr(request, "_content") else None
    others = request.extensions.get("secrets", ())
    return secret_values(request.headers.items(), target, content, others)


def first_line(body: bytes, secrets: Sequence[str] = ()) -> str:
    """The first line of a body that is not blank, cut short; in words where there is none.

    `secrets`: values that are left out.
    """
    text = hidden(body[: 8 * _BODY_CHARACTERS].decode("utf-8", errors="replace"), secrets)
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if not line:
        return "an empty body"
    if not line.isprintable() or "\N{REPLACEMENT CHARACTER}" in line:
        return f"{len(body):,} bytes that are not text"
    return line if len(line) <= _BODY_CHARACTERS else f"{line[:_BODY_CHARACTERS]}..."


class Samples:
    """Times and outcome of each request, by slot.

    due, sent, done: int64 ns of CLOCK_MONOTONIC, 0 where it did not happen; in closed loop nothing
    is due. noticed: when a request was found to be due and no connection was free for it; freed:
    when the one it then had was, and freed_stamp: when the kernel received the answer that freed
    it, ns of CLOCK_REALTIME; all 0 where one was free already. received: the kernel's timestamp of
    the answer, of the same clock, 0 but for a sample. `used` slots hold a request.

    `due` alone is an array: the others are lists, in which a number is written down at a fifth of
    the cost. They become arrays when the window is closed.

    statuses: of wrong status, by slot. examples: the first failure of each kind in words, by status
    or by outcome. events: of answers that are streams. openings: of connections that were
    opened for a request each.
    """

    def __init__(self, capacity: int) -> None:
        """Room for `capacity` requests; no more are sent in one slice."""
        self.capacity = capacity
        self.due = array("q", bytes(8 * capacity))
        self.noticed, self.freed, self.freed_stamp = ([0] * capacity for _ in range(3))
        self.sent, self.done, self.received, self.code = ([0] * capacity for _ in range(4))
        self.used = 0
        self.errors: list[str] = []
        self.statuses: dict[int, int] = {}
        self.examples: dict[str, str] = {}
        self.events = EventLog()
        self.openings = OpeningLog()
        self._noted = ""

    def reset(self) -> None:
        """Forget all, and keep the memory."""
        nothing = [0] * self.used
        for column in (
            self.noticed, self.freed, self.freed_stamp,
            self.sent, self.done, self.received, self.code,
        ):  # fmt: skip
            column[: self.used] = nothing
        self.drop(0)
        self.errors, self.statuses, self.examples = [], {}, {}
        self.events = EventLog()
        self.openings = OpeningLog()

    def plan(self, due_ns: NDArray[np.int64]) -> None:
        """Write down when requests are due, shape (n,); raises ValueError if n is too large."""
        if len(due_ns) > self.capacity:
            raise ValueError(f"{len(due_ns)} requests in a slice; the most is {self.capacity}")
        np.frombuffer(self.due, dtype=np.int64)[: len(due_ns)] = due_ns
        self.used = len(due_ns)

    def drop(self, first: int) -> None:
        """Forget what was planned from slot `first` on, and was not sent."""
        if first < self.used:
            np.frombuffer(self.due, dtype=np.int64)[first : self.used] = 0
            self.used = first

    def note(self, error: str) -> None:
        """Keep the first few failures in words, cut short: they may quote what was sent.

        What is no answer begins with its outcome, and a colon.
        """
        self._noted = error[:_ERROR_CHARACTERS]
        if len(self.errors) < _ERRORS_KEPT:
            self.errors.append(self._noted)
        kind, _, words = self._noted.partition(": ")
        if kind in _NAMES:
            self._exemplify(kind, words)

    def judged(
        self, slot: int, code: Code, request: httpx.Request, expected: int, status: int, body: bytes
    ) -> None:
        """Write down what became of an answer that was looked at closely; a fault is noted."""
        self.code[slot] = code
        if code is Code.OK:
            return
        if code is Code.WRONG_STATUS:
            self.statuses[slot] = status
            if str(status) not in self.examples:
                asked = f"{request.method} {request.url.path}"
                line = first_line(body, secrets_of(request))
                came = f"{asked}: {status} in place of {expected}: {line}"
                self._exemplify(str(status), came)
        elif OUTCOMES[code].value not in self.examples:
            said = first_line(body, secrets_of(request))
            # Many a check returns the text itself, which is then not to be told twice.
            quoted = "" if said and self._noted.endswith(f": {said}") else f": {said}"
            came = f"{self._noted}; it was {status}{quoted}"
            self._exemplify(OUTCOMES[code].value, came)

    def _exemplify(self, kind: str, example: str) -> None:
        """Keep the first of a kind."""
        if kind not in self.examples and len(self.examples) < _EXAMPLES_KEPT:
            self.examples[kind] = example[:_ERROR_CHARACTERS]

    def column(self, name: str) -> NDArray[np.int64]:
        """A copy of one column's used part."""
        return np.array(getattr(self, name)[: self.used], dtype=np.int64)

    def codes(self) -> NDArray[np.uint8]:
        """A copy of the outcomes' used part."""
        return np.array(self.code[: self.used], dtype=np.uint8)
