"""From a workload's name to what is sent to one server."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, count, islice
from typing import Final, TypeAlias, assert_never

import httpx

from bench.errors import AskedError, UsageError
from bench.load.order import Shard
from bench.load.scripts.message_script import MessageScript
from bench.load.scripts.script import MOST, Script, ScriptLine, shuffled, whole_weight
from bench.load.scripts.sequences import Sequences
from bench.load.scripts.supply import Stream
from bench.load.scripts.user_code import (
    NOTHING,
    NOWHERE,
    begun,
    called,
    fault,
    lines_of,
    numbered,
    patiently,
    returned,
    telling,
)
from bench.workloads.loading import Source, Workload, WorkloadForm, load_workload

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, section 9.2.1
_BOUNDARY: Final = re.compile(rb'boundary="?([^";\r\n]+)')
_LENGTH: Final = re.compile(rb"\r\ncontent-length: \d+", re.IGNORECASE)
_WHOLE: Final = Shard()

Compiled: TypeAlias = Script | Stream | Sequences


class Compiler:
    """Compiles workloads, for one server after the other."""

    def __init__(self, shard: Shard = _WHOLE, first_number: int = 0) -> None:
        """Compile what generator `shard` sends.

        Where several share a load, each takes its own of the numbers, which are counted from
        `first_number` on, and of what a workload yields without end.
        """
        self._shard = shard
        self._numbers = count(first_number + shard.index, shard.of)
        self._endless: set[str] = set()  # workloads that are known to be
        self._anew: dict[str, bool] = {}  # whether a call yields other requests than the last one

    def compile(self, name: Source, base_url: str, seed: int) -> Compiled:
        """What is sent to one server.

        Raises UsageError for whatever is wrong with the workload, and AskedError when it asks the
        server and has no answer. Errors hold text alone: they must be able to pass from process to
        process.
        """
        with patiently(name):
            workload, url = load_workload(name), httpx.URL(base_url)
            match workload.form:
                case WorkloadForm.SEQUENCE:
                    return self._sequences(workload, url)
                case WorkloadForm.EXCHANGE:
                    made = lines_of(workload, numbered(workload, url, self._numbers))
                    return _stream(_by_weight(workload, made))
                case WorkloadForm.EXCHANGES:
                    return self._exchanges(workload, url, seed)
                case WorkloadForm.WEBSOCKET:
                    found = returned(workload, url)
                    with telling(workload):
                        return MessageScript(found, url, seed)
                case _:
                    assert_never(workload.form)

    def _sequences(self, workload: Workload, url: httpx.URL) -> Sequences:
        found = Sequences(
            lambda number: begun(workload, url, number),
            self._numbers,
            workload.name,
            workload.file,
        )
        first = found.visit()
        first.peek()
        found.leave(first)
        return found

    def _exchanges(self, workload: Workload, url: httpx.URL, seed: int) -> Script | Stream:
        """A set that is sent over and over, or a stream of what is sent once."""
        made = lines_of(workload, called(workload, url))
        if workload.name in self._endless:
            return self._endlessly(workload, made, url)
        lines = list(islice(made, MOST + 1))
        if len(lines) > MOST:
            self._endless.add(workload.name)
            return self._endlessly(workload, chain(lines, made), url)
        with telling(workload):
            script = Script(lines, seed)
            if self._is_anew(workload, lines):
                return _stream(self._own(_mixed(workload, url, lines, seed)))
        return script

    def _endlessly(self, workload: Workload, made: Iterator[ScriptLine], url: httpx.URL) -> Stream:
        """What was made, and what another call yields when that is sent, and so on."""
        return _stream(_by_weight(workload, self._own(chain(made, _again(workload, url)))))

    def _own(self, lines: Iterator[ScriptLine]) -> Iterator[ScriptLine]:
        """Those that are this generator's to send."""
        return islice(lines, self._shard.index, None, self._shard.of)

    def _is_anew(self, workload: Workload, lines: list[ScriptLine]) -> bool:
        """Whether to call the workload again yields other requests to change something.

        Then none of them is sent twice. It is seen by a call without a server: one that asks the
        server first is not called again.
        """
        if all(line.request.method in _SAFE for line in lines):
            return False
        if workload.name not in self._anew:
            again = lines_of(workload, called(workload, httpx.URL(NOWHERE)))
            with suppress(UsageError, AskedError):
                self._anew[workload.name] = any(
                    one.request.method not in _SAFE and _bare(one) != _bare(other)
                    for one, other in zip(lines, again, strict=False)
                )
        return self._anew.setdefault(workload.name, False)


def compiled(workload: Source, base_url: str, seed: int) -> Script:
    """The script of a workload that is a set of exchanges. Raises UsageError when it is none."""
    found = Compiler().compile(workload, base_url, seed)
    if not isinstance(found, Script):
        raise UsageError(
            f"workload '{workload}' does not have a fixed set of exchanges, each sent repeatedly"
        )
    return found


def _stream(sent: Iterator[ScriptLine]) -> Stream:
    """The first is made now, to see that there is one."""
    return Stream(chain([next(sent)], sent))


def _by_weight(workload: Workload, lines: Iterator[ScriptLine]) -> Iterator[ScriptLine]:
    """Each as often as its weight says, one after the other."""
    for line in lines:
        try:
            times = whole_weight(line)
        except ValueError as error:
            raise fault(workload, error) from error
        for _ in range(times):
            yield line


def _again(workload: Workload, url: httpx.URL) -> Iterator[ScriptLine]:
    """What a workload yields when it is called again, and again."""
    while True:
        found = False
        for line in lines_of(workload, called(workload, url)):
            found = found or line.weight > 0
            yield line
        if not found:
            raise fault(workload, ValueError(NOTHING))


def _mixed(
    workload: Workload, url: httpx.URL, lines: list[ScriptLine], seed: int
) -> Iterator[ScriptLine]:
    """Lines by weight, shuffled; then those that another call yields, and so on."""
    for number in count(seed):
        with telling(workload):
            mixed = shuffled(lines, number)
        if not mixed:
            raise fault(workload, ValueError(NOTHING))
        yield from mixed
        lines = list(lines_of(workload, called(workload, url)))


def _bare(line: ScriptLine) -> bytes:
    """What is sent, but for the server's address, and what httpx draws between parts of a form."""
    found = _BOUNDARY.search(line.wire)
    wire = line.wire.replace(found[1], b"") if found else line.wire
    return _LENGTH.sub(b"", wire.replace(line.request.url.netloc, b""))
