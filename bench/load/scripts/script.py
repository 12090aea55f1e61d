"""A workload compiled for one server: wire bytes, and how each answer is judged."""

import re
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray

from bench.errors import UsageError
from bench.load.events.verifying import ExpectedStream
from bench.load.events.whole import WholeStream
from bench.load.http1.wire import END_OF_HEAD, request_bytes
from bench.load.net.answer import AnswerDecoder, AnswerHead
from bench.load.reckoning.samples import Code, secrets_of
from bench.load.scripts.kinds import kinds
from bench.stats.units import NS_PER_S
from bench.workload import Exchange, Streamed
from bench.workloads.faults import described
from bench.workloads.secrets import hidden

LENGTH: Final = 4096  # lines at the least; a power of two, as any number of them
MOST: Final = 16_384  # exchanges; all of them are kept, with their answers, for each server
LONGEST_THINK_S: Final = 3600.0
_SEEN_BYTES: Final = 4096  # of a right answer that is kept, among LENGTH lines
_DATE: Final = re.compile(rb"\r\n[Dd]ate: ([^\r\n]{29})\r\n")  # RFC 9110, section 5.6.7
_DATE_BYTES: Final = 29
_LOOKED_AT: Final = 4096  # bytes of a wrong answer
_DATES_KEPT: Final = 8  # those of several processes may be a second apart


class ScriptLine:
    """One exchange, compiled: what is sent, and whether what comes back is right."""

    __slots__ = (
        "_accepts", "_accepts_head", "_answer", "_answers", "_date", "_dates", "_kept_bytes",
        "_repeats", "_think_s", "bodiless", "kind", "request", "seen", "status", "stream",
        "weight", "wire",
    )  # fmt: skip

    def __init__(
        self,
        exchange: Exchange,
        answers: AnswerDecoder | None = None,
        dates: set[bytes] | None = None,
        *,
        kind: int = 0,
    ) -> None:
        """Compile an exchange; `answers` and `dates` are shared by all lines for one server.

        `kind`: of its like, see `bench.load.reckoning.stalls`. Raises ValueError when it cannot be
        sent.
        """
        _refuse_unsendable(exchange)
        self.request = exchange.request
        self.kind = kind
        self.weight = exchange.weight
        self._think_s = exchange.think_s
        self._kept_bytes = _SEEN_BYTES
        self.seen: bytes | None = None  # the last right answer, all its bytes, if it may repeat
        self._date: int | None = None  # where its date begins
        self._dates: set[bytes] = set() if dates is None else dates  # of right answers, lately
        self.stream: ExpectedStream | None = None
        answer = exchange.answer
        if isinstance(answer, Streamed):
            self.stream = ExpectedStream(answer)
            answer = WholeStream(self.stream)
        self._answer = answer
        self._answers = answers or AnswerDecoder()
        self._repeats = getattr(answer, "repeats", False)
        self.wire = request_bytes(exchange.request)
        self.status = answer.status
        self._accepts: Callable[[bytes], bool] = answer.accepts
        self._accepts_head: Callable[[Sequence[tuple[bytes, bytes]]], bool] | None = getattr(
            answer, "accepts_head", None
        )
        self.bodiless = exchange.request.method == "HEAD"

    @property
    def thinks(self) -> bool:
        """Whether a connection may have to wait after its answer."""
        return callable(self._think_s) or self._think_s > 0

    def think_ns(self) -> int:
        """How long the connection is to wait after the answer this time, ns. Raises UsageError."""
        think_s = self._think_s
        if callable(think_s):
            think_s = _drawn(think_s)
        return round(think_s * NS_PER_S)

    def keep(self, most_bytes: int) -> None:
        """Keep no longer answers than that."""
        self._kept_bytes = most_bytes

    @property
    def kept_bytes(self) -> int:
        """How long an answer may be that is kept; 0: it need not come again."""
        return self._kept_bytes if self._repeats else 0

    def recognises(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether an answer is known to be right, at the cost of comparing bytes."""
        try:
            return (
                status == self.status
                and (self._accepts_head is None or self._accepts_head(headers))
                and self._accepts(body)
            )
        except Exception:  # noqa: BLE001 - a user's own check: asked again, and heard, in full
            return False

    def remember(self, response: bytes) -> None:
        """Keep the bytes of a right answer: the same bytes are right again, unread."""
        if not self._repeats or len(response) > self._kept_bytes:
            return
        self.seen = response
        found = _DATE.search(response, 0, response.find(END_OF_HEAD) + 2)
        self._date = found.start(1) if found else None
        if found:
            if len(self._dates) == _DATES_KEPT:
                self._dates.clear()
            self._dates.add(found[1])

    def redated(self, response: bytes) -> bool:
        """Whether a response is the one that was seen, but for its date, which another had.

        Then it is the one to be seen from now on. Once a second all lines' answers change so; to
        read each of them closely would cost as much as many requests.
        """
        seen, at = self.seen, self._date
        if seen is None or at is None:
            return False
        date = response[at : at + _DATE_BYTES]
        if date not in self._dates or response != seen[:at] + date + seen[at + _DATE_BYTES :]:
            return False
        self.seen = response
        return True

    def judge(self, head: AnswerHead, body: bytes, note: Callable[[str], None]) -> Code:
        """Look closely at an answer that was not recognised as right."""
        if head.status != self.status:
            return self.wrong_status(head.status, body, note)
        try:
            response = self._answers.whole(head.status, head.headers, body, self.request)
        except (httpx.DecodingError, MemoryError) as error:
            note(self._told(str(error)))
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
        note(self._told(fault))
        return Code.WRONG_BODY

    def heard(self, head: AnswerHead, fault: str | None, note: Callable[[str], None]) -> Code:
        """Judge a stream of the right status, with what was found wrong with its events."""
        del head
        if fault is None:
            return Code.OK
        note(self._told(fault))
        return Code.WRONG_BODY

    def wrong_status(self, status: int, body: bytes, note: Callable[[str], None]) -> Code:
        """Say what came in place of the right status."""
        text = hidden(
            body[:_LOOKED_AT].decode("utf-8", "surrogateescape"), secrets_of(self.request)
        )
        came = text.encode("utf-8", "surrogateescape")[:200]
        note(self._told(f"expected status {self.status}, got {status}: {came!r}"))
        return Code.WRONG_STATUS

    def _told(self, fault: str) -> str:
        """What is wrong with an answer, which may repeat a secret that was sent."""
        request = self.request
        return hidden(f"{request.method} {request.url.path}: {fault}", secrets_of(request))


class Script:
    """The order in which a set of exchanges is sent, over and over: by weight, shuffled.

    It is LENGTH lines long, or the next power of two that all exchanges have room in.
    """

    def __init__(self, exchanges: Iterable[Exchange | ScriptLine], seed: int) -> None:
        """Compile what is not compiled yet, and shuffle.

        Raises ValueError when there is nothing to send, or what cannot be sent.
        """
        answers, dates = AnswerDecoder(), set[bytes]()
        lines = [
            exchange if isinstance(exchange, ScriptLine) else ScriptLine(exchange, answers, dates)
            for exchange in exchanges
        ]
        self.lines = lines
        self.thinks = any(line.thinks for line in lines)
        self._length = max(LENGTH, 1 << (len(lines) - 1).bit_length())
        self._seed = seed
        self._order = _order(_shares(lines), self._length, seed)
        self._kinds = np.array(kinds([line.request for line in lines]), dtype=np.int64)
        self._sequence = [lines[index] for index in self._order]
        for line in lines:
            line.keep(_SEEN_BYTES * LENGTH // self._length)

    def sequence_from(self, first_line: int, step: int = 1) -> list[ScriptLine]:
        """All lines: first the one at `first_line` modulo their number, then every `step`-th."""
        again = self._sequence * (step + 1)  # slices are copied fast, and every piece needs one
        return again[first_line % self._length :: step][: self._length]

    def block(self, requests: int) -> list[ScriptLine]:
        """So many lines, each as often as its share demands (off by one at most), shuffled."""
        order = _order(_shares(self.lines), requests, self._seed)
        return [self.lines[index] for index in order]

    def kinds_from(self, first_line: int, step: int = 1) -> NDArray[np.int64]:
        """Which kind of request each of the same lines is of."""
        order = self._order[(first_line + step * np.arange(self._length)) % self._length]
        return self._kinds[order]

    def in_order(self, lines: NDArray[np.int64]) -> list[ScriptLine]:
        """Lines by their indices, and further ones up to a power of two."""
        return [self.lines[index] for index in _filled(lines)]

    def kinds_in_order(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which kind of request each of the same lines is of."""
        return self._kinds[_filled(lines)]


def _filled(lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same, as many as the next power of two: a loop goes through them over and over."""
    length = 1 << max(0, len(lines) - 1).bit_length()
    return np.pad(lines, (0, length - len(lines)))


def shuffled(lines: Sequence[ScriptLine], seed: int) -> list[ScriptLine]:
    """Each line as often as its weight says, in an order that is drawn."""
    counts = [whole_weight(line) for line in lines]
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(lines)), counts))
    return [lines[index] for index in order]


def whole_weight(line: ScriptLine) -> int:
    """How often to send a line that is generated each time. Raises ValueError for fractions."""
    times = int(line.weight)
    if times != line.weight or times > LENGTH:
        raise ValueError(
            f"a generated exchange has weight {line.weight}, which is how many times it is sent: "
            f"give a whole number up to {LENGTH}"
        )
    return times


def _refuse_unsendable(exchange: Any) -> None:
    """Refuse what is no exchange, or one that is not made of what it should be: ValueError."""
    if not isinstance(exchange, Exchange):
        raise ValueError(  # noqa: TRY004 - one kind of error for all that a workload may lack
            f"the workload yields a {type(exchange).__name__}, not bench.workload.Exchange"
        )
    if not isinstance(exchange.request, httpx.Request):
        raise ValueError(  # noqa: TRY004
            f"an Exchange's request is a {type(exchange.request).__name__}, not httpx.Request"
        )
    if isinstance(exchange.answer, Streamed):
        if exchange.request.method == "HEAD":
            raise ValueError("an Exchange's answer is a stream, and its request is a HEAD")
    elif not all(hasattr(exchange.answer, name) for name in ("status", "accepts", "fault")):
        raise ValueError(
            f"an Exchange's answer is a {type(exchange.answer).__name__}: give "
            "bench.workload.Checked, which says what a correct response is"
        )
    weight: Any = exchange.weight
    if not _is_number(weight) or not isfinite(weight) or weight < 0:
        raise ValueError(
            f"the workload has no exchanges of positive weight: one has {weight!r:.40}"
        )
    if not callable(exchange.think_s):
        _refuse_unthinkable(exchange.think_s)


def _refuse_unthinkable(think_s: Any) -> None:
    if not _is_number(think_s) or not 0 <= think_s <= LONGEST_THINK_S:
        raise ValueError(
            f"an Exchange's think_s is {think_s!r:.40}: give seconds, from 0 to {LONGEST_THINK_S:g}"
        )


def _drawn(think_s: Callable[[], float]) -> float:
    """Ask a workload's function how long to wait. Raises UsageError."""
    try:
        found = think_s()
        _refuse_unthinkable(found)
    except Exception as error:
        file = getattr(getattr(think_s, "__code__", None), "co_filename", __file__)
        raise UsageError(f"a workload's think_s fails: {described(error, file)}") from error
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _shares(lines: Sequence[ScriptLine]) -> NDArray[np.float64]:
    """Weight of each / sum of all weights."""
    weights = np.array([line.weight for line in lines], dtype=float)
    if not weights.sum() > 0:
        raise ValueError("the workload has no exchanges of positive weight")
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _order(shares: NDArray[np.float64], length: int, seed: int) -> NDArray[np.int64]:
    """Each index as often among so many as its share demands (off by one at most), shuffled."""
    at = (np.arange(length) + 0.5) / length
    indices = np.searchsorted(np.cumsum(shares), at, side="right").clip(max=len(shares) - 1)
    return np.random.default_rng(seed).permutation(indices)
