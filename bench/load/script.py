"""A workload compiled for one server: wire bytes, and how each answer is judged."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray

from bench.load.http.answer import Answers
from bench.load.http.wire import Head, request_bytes
from bench.load.samples import Code
from bench.workload import Exchange

LENGTH: Final = 4096  # a power of two, so that a slot's line is found by masking
_SEEN_BYTES: Final = 4096  # of a right answer that is kept; with LENGTH it bounds the memory


class Line:
    """One exchange, compiled: what is sent, and whether what comes back is right."""

    __slots__ = (
        "_accepts", "_answer", "_answers", "_repeats", "bodiless", "request", "seen", "status",
        "wire",
    )  # fmt: skip

    def __init__(self, exchange: Exchange, answers: Answers | None = None) -> None:
        """Compile an exchange; `answers` are shared by all lines for one server."""
        self.request = exchange.request
        self.seen: bytes | None = None  # the last right answer, all its bytes, if it may repeat
        self._answer = exchange.answer
        self._answers = answers or Answers()
        self._repeats = getattr(exchange.answer, "repeats", False)
        self.wire = request_bytes(exchange.request)
        self.status = exchange.answer.status
        self._accepts: Callable[[bytes], bool] = exchange.answer.accepts
        self.bodiless = exchange.request.method == "HEAD"

    def recognises(self, status: int, body: bytes) -> bool:
        """Whether an answer is known to be right, at the cost of comparing bytes."""
        try:
            return status == self.status and self._accepts(body)
        except Exception:  # noqa: BLE001 - a user's own check: asked again, and heard, in full
            return False

    def remember(self, response: bytes) -> None:
        """Keep the bytes of a right answer: when they come again, no more need be looked at."""
        if self._repeats and len(response) <= _SEEN_BYTES:
            self.seen = response

    def judge(self, head: Head, body: bytes, note: Callable[[str], None]) -> Code:
        """Look closely at an answer that was not recognised as right."""
        if head.status != self.status:
            return self.wrong_status(head.status, body, note)
        try:
            response = self._answers.whole(head.status, head.headers, body, self.request)
        except (httpx.DecodingError, MemoryError) as error:
            note(f"{self._name}: {error}")
            return Code.WRONG_BODY
        return self.check(response, note)

    def check(self, response: httpx.Response, note: Callable[[str], None]) -> Code:
        """Ask the workload about an answer of the right status."""
        try:
            fault = self._answer.fault(response)
        except Exception as error:  # noqa: BLE001 - a check trips over what is wrong
            fault = f"{type(error).__name__}: {error}"
        if fault is None:
            return Code.OK
        note(f"{self._name}: {fault}")
        return Code.WRONG_BODY

    def wrong_status(self, status: int, body: bytes, note: Callable[[str], None]) -> Code:
        """Say what came in place of the right status."""
        note(f"{self._name}: expected status {self.status}, got {status}: {body[:200]!r}")
        return Code.WRONG_STATUS

    @property
    def _name(self) -> str:
        return f"{self.request.method} {self.request.url.path}"


class Script:
    """The order in which a workload's exchanges are sent: LENGTH lines, by weight, shuffled."""

    def __init__(self, exchanges: Iterable[Exchange], seed: int) -> None:
        """Compile and shuffle.

        Raises ValueError when there is nothing to send, or what cannot be sent.
        """
        written = list(islice(exchanges, LENGTH + 1))
        if len(written) > LENGTH:
            raise ValueError(f"the workload has more than {LENGTH} exchanges")
        order = _order(_shares(written), seed)
        answers = Answers()
        self.lines = [Line(exchange, answers) for exchange in written]
        self._order = order
        self._sequence = [self.lines[index] for index in order]

    def sequence_from(self, first_line: int, step: int = 1) -> list[Line]:
        """LENGTH lines: the one at `first_line` modulo LENGTH, then every `step`-th from there."""
        again = self._sequence * (step + 1)  # slices are copied fast, and every piece needs one
        return again[first_line % LENGTH :: step][:LENGTH]

    def kinds_from(self, first_line: int, step: int = 1) -> NDArray[np.int64]:
        """Which exchange each of the same lines is of, shape (LENGTH,)."""
        return self._order[(first_line + step * np.arange(LENGTH)) % LENGTH]


def _shares(exchanges: Sequence[Exchange]) -> NDArray[np.float64]:
    """Weight of each / sum of all weights."""
    for exchange in exchanges:
        if not isinstance(exchange, Exchange):
            raise ValueError(  # noqa: TRY004 - one kind of error for all that a workload may lack
                f"the workload yields a {type(exchange).__name__}, not bench.workload.Exchange"
            )
    weights = np.array([exchange.weight for exchange in exchanges], dtype=float)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError("the workload has no exchanges of positive weight")
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _order(shares: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Each index as often among LENGTH as its share demands (off by one at most), shuffled."""
    at = (np.arange(LENGTH) + 0.5) / LENGTH
    indices = np.searchsorted(np.cumsum(shares), at, side="right").clip(max=len(shares) - 1)
    return np.random.default_rng(seed).permutation(indices)
