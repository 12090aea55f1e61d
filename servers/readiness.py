"""When is a server ready? When as many processes of its own have answered as it has workers."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from servers.asking.probe import get
from servers.asking.probe_answer import ProbeAnswer, Secured
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.processes import process_tree

_INTERVAL_S = 0.003  # Between questions: what the time to the first answer is precise to, at best.
_INTERVAL_SHARE = 0.005  # Of what was waited already: a start that takes long is not disturbed.
_LONGEST_INTERVAL_S = 0.1
_WRONG_INTERVAL_S = 0.05  # After a wrong answer, which costs the server as much as a correct one.
_LIMIT_S = 1.0
"""A question that hangs may hang for ever: another is asked beside it. It may also be one that
takes so long: the next has twice the time, and what answers the first is as good."""
_STEADY_S = 2.0
"""A wrong answer that is all that comes for so long will not become correct."""
_BUSY = 0.5  # Of a core that the server's tree uses meanwhile: it may still be loading something.
_PASSING = frozenset({425, 429, 502, 503, 504})
"""Answers of servers and apps that are not ready yet, or overloaded: keep waiting."""
_FAULT = 500
_HEALTH, _ROOT = Question("/health"), Question("/")


class Readiness(Protocol):
    """What to ask a server, what a correct answer is, and which process gave it."""

    @property
    def question(self) -> Question:
        """What is asked."""

    @property
    def expected(self) -> str:
        """What a right answer is, in words."""

    def check(self, status: int, body: bytes) -> bool:
        """Tell whether this is the right answer."""

    def pid(self, body: bytes) -> int | None:
        """Return who answered; None: the answer does not tell, ask who listens."""


@dataclass(frozen=True)
class HealthReadiness:
    """The items app's own: GET /health answers {"status": "ok", "pid": 1234}."""

    question: Question = _HEALTH
    expected: str = "200 with status and pid"

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
    """Any app: it is ready at the first answer with the expected status.

    `status` None: of any below 500 that does not say "later". How many workers are up cannot be
    asked: with several, some may still be starting.
    """

    question: Question = _ROOT
    status: int | None = 200

    @property
    def expected(self) -> str:
        """The status, or which ones."""
        return "anything below 500" if self.status is None else str(self.status)

    def check(self, status: int, body: bytes) -> bool:
        """Tell whether it is the expected status, whatever the body."""
        del body
        if self.status is None:
            return status < _FAULT and status not in _PASSING
        return status == self.status

    def pid(self, body: bytes) -> int | None:
        """Return None: the answer does not tell."""
        del body
        return None


class StrangerError(Exception):
    """The port is answered by a process that is not the server's."""


class WrongAnswerError(Exception):
    """The server answers, wrongly, and again and again the same: `answer` is the last."""

    def __init__(self, answer: ProbeAnswer) -> None:
        super().__init__(str(answer))
        self.answer = answer


@dataclass(frozen=True)
class _Wrong:
    """The first of wrong answers that are alike, and the CPU time that was used by then."""

    answer: ProbeAnswer
    cpu_ns: int


@dataclass
class _Asking:
    """Requests in flight. Those that hang stay, and others are sent beside them."""

    ask: Callable[[], asyncio.Task[ProbeAnswer | str]]
    limit_s: float = _LIMIT_S
    tasks: set[asyncio.Task[ProbeAnswer | str]] = field(default_factory=set)
    hanging: int = 0

    async def answers(self, burst: int) -> list[ProbeAnswer | str]:
        """Ask so many at once, and return what has come; nothing where all of them hang."""
        self.tasks |= {self.ask() for _ in range(burst - (len(self.tasks) - self.hanging))}
        done, self.tasks = await asyncio.wait(
            self.tasks, timeout=self.limit_s, return_when=asyncio.FIRST_COMPLETED
        )
        if done:
            self.hanging = min(self.hanging, len(self.tasks))
        else:
            self.hanging, self.limit_s = len(self.tasks), 2 * self.limit_s
        return [task.result() for task in done]

    async def end(self) -> None:
        """Cancel what is still in flight."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@dataclass
class ReadinessWait:
    """The wait for one server: what has been seen so far, also after giving up."""

    address: Address
    readiness: Readiness
    tree: Callable[[], Collection[int]] | None
    """The server's processes; None: not known, it was not started here."""
    first_ns: int | None = None
    """When the first right answer was complete, on the monotonic clock."""
    secured: Secured | None = None
    """What was agreed upon in the TLS handshake of that answer; None: there was none."""
    last_seen: str = "nothing was asked yet"
    _began_ns: int = field(default_factory=process_tree.now_ns)
    _wrong: _Wrong | None = None

    async def until_ready(self, workers: int) -> frozenset[int]:
        """Ask until that many processes have answered, and return them; set a deadline around it.

        Raises StrangerError, and WrongAnswerError where the server answers something else.
        """
        answered: set[int] = set()
        question = self.readiness.question
        asking = _Asking(lambda: asyncio.ensure_future(get(self.address, question)), _LIMIT_S)
        try:
            while True:
                # The kernel picks the worker: once one is up, ask in bursts, so others are hit.
                burst, limit_s = 1 if self.first_ns is None else 2 * workers, asking.limit_s
                answers = await asking.answers(burst)
                if not answers:
                    self.last_seen = f"no answer within {limit_s:g} s"
                for answer in filter(self._is_right, answers):
                    answered |= self._who(answer.body)
                    if self._suffice(answered, answer.body, workers):
                        return frozenset(answered)
                await asyncio.sleep(self._pause_s(answers))
        finally:
            await asking.end()

    def _pause_s(self, answers: Collection[ProbeAnswer | str]) -> float:
        """How long to leave the server alone, after such answers."""
        if not answers:
            return 0.0
        if self._wrong is not None:
            return _WRONG_INTERVAL_S
        waited_s = (process_tree.now_ns() - self._began_ns) / 1e9
        return min(_LONGEST_INTERVAL_S, max(_INTERVAL_S, _INTERVAL_SHARE * waited_s))

    def _is_right(self, answer: ProbeAnswer | str) -> TypeGuard[ProbeAnswer]:
        """Whether it is a right answer; raises WrongAnswerError where no other will come."""
        if isinstance(answer, str):
            self.last_seen = answer
            return False
        self.last_seen = str(answer)
        if not self.readiness.check(answer.status, answer.body):
            self._note_wrong(answer)
            return False
        self._wrong = None
        if self.first_ns is None:
            self.first_ns, self.secured = answer.at_ns, answer.secured
        return True

    def _note_wrong(self, answer: ProbeAnswer) -> None:
        """See how long such answers have come already, and what the server has done meanwhile."""
        first = self._wrong
        if first is None or first.answer.status != answer.status:
            self._wrong = _Wrong(answer, self._cpu_ns())
            return
        lasted_ns = answer.at_ns - first.answer.at_ns
        if answer.status in _PASSING or lasted_ns < _STEADY_S * 1e9:
            return
        cpu_ns = self._cpu_ns()
        if cpu_ns - first.cpu_ns > _BUSY * lasted_ns:
            self._wrong = _Wrong(answer, cpu_ns)
            return
        self._who(b"")
        raise WrongAnswerError(answer)

    def _cpu_ns(self) -> int:
        return 0 if self.tree is None else sum(process_tree.cpu_ns(self.tree()).values())

    def _who(self, body: bytes) -> set[int]:
        if self.tree is None:
            return set()
        tree, pid = set(self.tree()), self.readiness.pid(body)
        who = process_tree.listeners(tree, self.address.where) if pid is None else {pid}
        if not who or not who <= tree:
            stranger = "a process that is not its own" if pid is None else f"pid {pid}, not its own"
            raise StrangerError(f"port {self.address.where} is answered by {stranger}")
        return who

    def _suffice(self, answered: set[int], body: bytes, workers: int) -> bool:
        if self.tree is None or self.readiness.pid(body) is None:
            return True
        return len(answered) >= workers
