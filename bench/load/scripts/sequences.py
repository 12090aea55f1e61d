"""Sequences with state: each step is made of the answers to those before it."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import httpx

from bench.errors import UsageError
from bench.load.net.answer import AnswerDecoder, AnswerHead
from bench.load.reckoning.samples import Code
from bench.load.scripts.script import ScriptLine
from bench.load.scripts.supply import Supply, Visit
from bench.workload import Exchange
from bench.workloads.faults import described, place_of

Steps: TypeAlias = Generator[Exchange, httpx.Response, Any]


class Step(ScriptLine):
    """One step of a sequence: its answer is looked at each time, and passed on."""

    __slots__ = ("_visit",)

    def __init__(
        self, exchange: Exchange, visit: "_Walk", answers: AnswerDecoder, kind: int
    ) -> None:
        """Compile step `kind` of what `visit` is at. Raises ValueError when it cannot be sent."""
        super().__init__(exchange, answers, kind=kind)
        self._visit = visit

    def recognises(self, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Say no: the sequence is to see the whole answer."""
        del status, body, headers
        return False

    def check(self, response: httpx.Response, note: Callable[[str], None]) -> Code:
        """As of every line; the sequence goes on from an answer that is right.

        What it cannot go on from is wrong. Raises UsageError when it yields what cannot be sent.
        """
        code = super().check(response, note)
        return self._gone_on(response, note) if code is Code.OK else code

    def heard(self, head: AnswerHead, fault: str | None, note: Callable[[str], None]) -> Code:
        """The same of a stream, of which the sequence gets the head alone."""
        code = super().heard(head, fault, note)
        if code is not Code.OK:
            return code
        response = httpx.Response(head.status, headers=list(head.headers), request=self.request)
        return self._gone_on(response, note)

    def _gone_on(self, response: httpx.Response, note: Callable[[str], None]) -> Code:
        """Let the sequence go on from a right answer."""
        try:
            self._visit.go_on(response)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - it trips over what is wrong
            note(self._told(f"the sequence cannot go on: {self._visit.described(error)}"))
            return Code.WRONG_BODY
        return Code.OK


class Sequences(Supply):
    """One sequence after the other on each connection, with a number of its own."""

    def __init__(
        self, begin: Callable[[int], Steps], numbers: Iterator[int], name: str, file: str
    ) -> None:
        """`begin` calls the workload's function; `name` and `file` are for its faults."""
        super().__init__()
        self._begin = begin
        self._numbers = numbers
        self._name = name
        self._file = file
        self.answers = AnswerDecoder()

    def _new(self) -> Visit:
        return _Walk(self)

    def begin(self) -> Steps:
        """A new sequence, which has not taken its first step. Raises whatever the workload does."""
        return self._begin(next(self._numbers))

    def refused(self, what: str) -> UsageError:
        """Say what is wrong with the workload."""
        return UsageError(f"workload '{self._name}' fails: {what}")

    def described(self, error: BaseException) -> str:
        """What a sequence's own code has raised, and where."""
        return described(error, self._file)

    def place(self, steps: Steps) -> str:
        """Where a sequence stands."""
        frame = getattr(steps, "gi_frame", None)
        return place_of(self._file, frame.f_lineno if frame else 1)


class _Walk(Visit):
    """Through one sequence after the other."""

    def __init__(self, of: Sequences) -> None:
        super().__init__()
        self._of = of
        self._steps: Steps | None = None
        self._step = 0
        self._line: ScriptLine | None = None

    def line(self) -> ScriptLine:
        found, self._line = self.peek(), None
        return found

    def peek(self) -> ScriptLine:
        if self._line is None:
            self._line = self._first()
        return self._line

    def go_on(self, response: httpx.Response) -> None:
        """Take the next step, if there is one."""
        assert self._steps is not None  # noqa: S101 - it is what the answer is to
        self._of.made += 1
        try:
            exchange = self._steps.send(response)
        except StopIteration:
            self._steps = None
            return
        self._step += 1
        self._line = self._compiled(exchange, self._steps)

    def described(self, error: BaseException) -> str:
        """What the sequence has raised, and where."""
        return self._of.described(error)

    def _first(self) -> ScriptLine:
        """Start a new sequence: the last has ended, or got a wrong answer."""
        if self._steps is not None:
            with suppress(Exception):
                self._steps.close()
        self._step = 0
        self._of.made += 1
        try:
            self._steps = self._of.begin()
            exchange = next(self._steps)
        except StopIteration:
            raise self._of.refused("sequence(base_url, number) yields nothing") from None
        except UsageError:
            raise
        except (Exception, SystemExit) as error:
            raise self._of.refused(self._of.described(error)) from error
        return self._compiled(exchange, self._steps)

    def _compiled(self, exchange: Exchange, steps: Steps) -> ScriptLine:
        try:
            return Step(exchange, self, self._of.answers, self._step)
        except Exception as error:
            raise self._of.refused(f"{error} ({self._of.place(steps)})") from error
