"""What a workload's own function says: called, bounded in time, its faults in one line each."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from types import FrameType
from typing import Any, Final, assert_never
from urllib.error import URLError

import httpx

from bench.errors import AskedError, UsageError
from bench.load.net.answer import AnswerDecoder
from bench.load.scripts.kinds import Kinds
from bench.load.scripts.message_script import UPGRADED, MessageScript
from bench.load.scripts.script import LENGTH, MOST, ScriptLine
from bench.load.scripts.sequences import Steps
from bench.workload import Checked, Exchange, WebSocket
from bench.workloads.faults import causes, described, last_place, place_of, summed_up
from bench.workloads.loading import Source, Workload, WorkloadForm, load_workload
from bench.workloads.time_limit import OutOfPatienceError, within

NOWHERE: Final = "http://127.0.0.1:1"
"""Where no server is, while there is none: who asks it has no answer."""

PATIENCE_S: Final = 60.0
"""For a workload to be imported, to ask the server, and to say what is to be sent."""

KNOWN: Final = LENGTH  # exchanges that are looked at before there is a server
NOTHING: Final = "the workload has no exchanges of positive weight"
_UNANSWERED: Final = (httpx.HTTPError, ConnectionError, TimeoutError, URLError)


def tried(name: Source) -> list[Exchange]:
    """The first exchanges of a workload, as far as they are known while there is no server.

    Of a sequence, its first step; of a WebSocket, what asks for it; none, where the workload asks
    the server before. Raises UsageError for whatever is wrong with it so far.
    """
    found: list[Exchange] = []
    with patiently(name):
        workload = load_workload(name)
        if workload.form is WorkloadForm.WEBSOCKET:
            return _asks(workload)
        try:
            most = 1 if workload.form is WorkloadForm.SEQUENCE else KNOWN
            for exchange, _ in islice(_pairs(workload, _known(workload)), most):
                found.append(exchange)
        except AskedError:
            return found
        if len(found) < KNOWN and not any(exchange.weight for exchange in found):
            raise fault(workload, ValueError(NOTHING))
    return found


def _asks(workload: Workload) -> list[Exchange]:
    """What asks for a WebSocket, as a request that is not yet one for an upgrade."""
    url = httpx.URL(NOWHERE)
    try:
        found = returned(workload, url)
    except AskedError:
        return []
    with telling(workload):
        script = MessageScript(found, url, 0)
    return [Exchange(script.upgrade.request, Checked(lambda _: None, status=UPGRADED))]


def _known(workload: Workload) -> Iterable[Any]:
    """What a workload says without a server."""
    url = httpx.URL(NOWHERE)
    match workload.form:
        case WorkloadForm.EXCHANGES:
            return called(workload, url)
        case WorkloadForm.EXCHANGE:
            return numbered(workload, url, count())
        case WorkloadForm.SEQUENCE:
            return begun(workload, url, 0)
        case WorkloadForm.WEBSOCKET:
            return ()  # it says all at once
        case _:
            assert_never(workload.form)


def called(workload: Workload, *given: Any) -> Iterable[Any]:
    """What the workload's function returns: it must be something to go through."""
    try:
        found: Iterable[Any] = workload.function(*given)
        iter(found)
    except (Exception, SystemExit) as error:
        raise fault(workload, error) from error
    return found


def returned(workload: Workload, url: httpx.URL) -> Any:
    """What a workload's function returns, a WebSocket; its messages may be made meanwhile.

    Raises UsageError and AskedError.
    """
    try:
        found = workload.function(url)
        if isinstance(found, WebSocket):
            return replace(found, messages=list(islice(found.messages, MOST + 1)))
    except (Exception, SystemExit) as error:
        raise fault(workload, error) from error
    return found


def begun(workload: Workload, url: httpx.URL, number: int) -> Steps:
    """A sequence before its first step. Raises whatever the workload does, and UsageError."""
    steps = workload.function(url, number)
    if not isinstance(steps, Generator):
        raise fault(
            workload,
            ValueError(
                f"sequence(base_url, number) returns a {type(steps).__name__}: it must yield each "
                "request, as in 'response = yield Exchange(...)'"
            ),
        )
    return steps


def numbered(workload: Workload, url: httpx.URL, numbers: Iterator[int]) -> Iterator[Any]:
    """An exchange for each number."""
    return (workload.function(url, number) for number in numbers)


def lines_of(workload: Workload, made: Iterable[Any]) -> Iterator[ScriptLine]:
    """Compile what a workload yields."""
    return (line for _, line in _pairs(workload, made))


def _pairs(workload: Workload, made: Iterable[Any]) -> Iterator[tuple[Exchange, ScriptLine]]:
    """What a workload yields, each compiled. Raises UsageError and AskedError."""
    answers, dates, kinds = AnswerDecoder(), set[bytes](), Kinds()
    each = iter(made)
    while True:
        try:
            exchange = next(each)
            line = ScriptLine(exchange, answers, dates)
        except StopIteration:
            return
        except (Exception, SystemExit) as error:
            raise fault(workload, error, each) from error
        line.kind = kinds.of(line.request)
        yield exchange, line


@contextmanager
def patiently(name: Source, seconds: float | None = None) -> Iterator[None]:
    """Interrupt a workload that does not come back. Raises UsageError then."""
    patience_s = PATIENCE_S if seconds is None else seconds
    try:
        with within(patience_s):
            yield
    except OutOfPatienceError as error:
        place = last_place(error.__traceback__, str(Path(str(name)).resolve()))
        raise UsageError(
            f"workload '{name}' has not returned within {patience_s:.0f} "
            f"s{f' ({place})' if place else ''}: look for a loop that neither ends nor yields"
        ) from error


@contextmanager
def telling(workload: Workload) -> Iterator[None]:
    """Say which workload it is that cannot be sent."""
    try:
        yield
    except ValueError as error:
        raise fault(workload, error) from error


def fault(workload: Workload, error: BaseException, made: object = None) -> UsageError | AskedError:
    """What came out of a workload, in one line; `made`: what it was that yielded."""
    unanswered = any(isinstance(each, _UNANSWERED) for each in causes(error))
    if unanswered and not isinstance(error, httpx.UnsupportedProtocol):
        return AskedError(
            f"workload '{workload.name}' sends requests before it is measured, and these fail: "
            f"{described(error, workload.file)}"
        )
    place = last_place(error.__traceback__, workload.file)
    if place is None:
        place = place_of(workload.file, _line(made, workload) or _first_line(workload))
        if type(error) is ValueError:  # what was said here of what it has made
            return UsageError(f"workload '{workload.name}' fails: {error} ({place})")
    return UsageError(f"workload '{workload.name}' fails: {summed_up(error)} ({place})")


def _line(made: object, workload: Workload) -> int | None:
    """Where a generator of the workload's own stands."""
    frame: FrameType | None = getattr(made, "gi_frame", None)
    if frame is None or frame.f_code.co_filename != workload.file:
        return None
    return frame.f_lineno


def _first_line(workload: Workload) -> int:
    code = getattr(workload.function, "__code__", None)
    return code.co_firstlineno if code else 1
