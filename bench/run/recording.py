"""Right answers on record: the baseline is asked before the load, and all servers must answer so.

It is asked three times: twice in one process, at different seconds, and once in another process.
What differs is not demanded.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any, Final

import httpx

from bench.errors import HarnessError, UsageError
from bench.facts.settings import Check
from bench.messages import other_statuses
from bench.progress.listener import ProgressListener
from bench.run.context import Candidate, RunContext
from bench.run.logged_statuses import logged_statuses
from bench.run.request import RunRequest
from bench.stats.units import NS_PER_S
from bench.system import clock
from bench.system.files import write_whole
from bench.workloads.loading import Source
from bench.workloads.recorded.answer import (
    MOST_BYTES,
    RecordedAnswer,
    SeenAnswer,
    from_json,
    recorded,
)
from bench.workloads.recorded.changing import tells_time
from bench.workloads.requests.model import PlainRequest, RequestSet
from servers.launch import launch
from servers.server import Server

FILE: Final = "recorded_answers.json"
_FORMAT: Final = 1
_ANSWER_LIMIT_S: Final = 60.0
_APART_S: Final = 1.1  # between two askings: times are often told in whole seconds
_MOST_BYTES: Final = 16 * 1024 * 1024  # of all bodies that are kept; of further ones, digests
_TOLD_EVERY: Final = 500  # requests
_ERROR: Final = 400
_AUTH: Final = "does it need a --header, as 'Authorization: Bearer ...'?"
_BODY: Final = "are the body and its type right?"
_ADVICE: Final = {
    400: _BODY,
    401: _AUTH,
    403: _AUTH,
    404: "is the path right?",
    405: "is the method right?",
    415: _BODY,
    422: _BODY,
    429: "lift the app's rate limit to measure it.",
}


async def with_answers(
    wanted: RunRequest,
    sound: Sequence[Candidate],
    context: RunContext,
    progress: ProgressListener,
) -> RunContext:
    """The same with right answers wherever a workload has none: recorded now, or before.

    Raises UsageError where the baseline does not answer as a workload should be answered,
    LaunchError where it does not start, HarnessError where a record is damaged.
    """
    sets = {
        label: source for label, source in context.sources.items() if isinstance(source, RequestSet)
    }
    if not sets:
        return context
    path = context.logs.parent / FILE
    found = _read(path, sets) if path.exists() else None
    if found is None:
        recording = _Recording(wanted, _reference(wanted, sound), context, progress)
        found = await recording.answers(sets)
        write_whole(path, _written(found, sets))
    if wanted.settings.check == Check.STATUS:
        found = {label: [each.bare for each in answers] for label, answers in found.items()}
    sources: dict[str, Source] = dict(context.sources)
    for label, source in sets.items():
        sources[label] = replace(source, answers=tuple(found[label]))
    return replace(context, sources=sources)


def _reference(wanted: RunRequest, sound: Sequence[Candidate]) -> Candidate:
    """Whose answers are right: the baseline's, or where that failed, the first one's."""
    return next((each for each in sound if each.profile.name == wanted.baseline), sound[0])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What came of one asking: an answer to each request."""

    answers: Sequence[SeenAnswer]


@dataclass(frozen=True, slots=True)
class _Recording:
    """Asks one server."""

    wanted: RunRequest
    server: Candidate
    context: RunContext
    progress: ProgressListener

    @property
    def _name(self) -> str:
        return self.server.profile.name

    async def answers(self, sets: Mapping[str, RequestSet]) -> dict[str, list[RecordedAnswer]]:
        """The right answers to all requests of all sets, by label."""
        self.progress.phase(f"recording the answers of {self._name}")
        requests = [request for each in sets.values() for request in each.requests]
        began_ns = clock.monotonic_ns()
        async with self._launched(1) as server:
            first = await self._ask(server, requests)
            _check(self._name, requests, first.answers)
            self._compare_with_logs(sets, first.answers)
            left_s = _APART_S - (clock.monotonic_ns() - began_ns) / NS_PER_S
            await asyncio.sleep(max(0.0, left_s))
            second = await self._ask(server, requests)
        async with self._launched(2) as server:
            third = await self._ask(server, requests)
        found = iter(self._compared(requests, [first, second, third]))
        return {label: [next(found) for _ in each.requests] for label, each in sets.items()}

    def _compare_with_logs(
        self, sets: Mapping[str, RequestSet], answers: Sequence[SeenAnswer]
    ) -> None:
        """Note where answers have other statuses than the access logs. Raises UsageError."""
        left = iter(answers)
        for label, source in sets.items():
            own = list(islice(left, len(source.requests)))
            found = logged_statuses(label, self._name, source.requests, own)
            if found is not None:
                self.context.journal.write(found)
                self.progress.note(other_statuses(found))

    @asynccontextmanager
    async def _launched(self, number: int) -> AsyncIterator[Server]:
        profile = self.server.profile
        async with launch(
            profile,
            self.server.environment,
            self.server.app,
            log=self.context.logs / f"{profile.slug}.recording-{number}.log",
            workers=self.wanted.settings.workers,
            deadline_s=self.wanted.start_limit_s,
            readiness=self.wanted.readiness,
            on_wait=lambda what: self.progress.waiting(profile.name, what),
        ) as server:
            yield server

    async def _ask(self, server: Server, requests: Sequence[PlainRequest]) -> _Asked:
        """Send each request once, over connections of their own."""
        base_url = httpx.URL(server.url)
        answers: list[SeenAnswer] = []
        left = _MOST_BYTES
        async with httpx.AsyncClient(
            timeout=_ANSWER_LIMIT_S,
            trust_env=False,
            verify=False,  # noqa: S501 - gated before
        ) as client:
            for number, request in enumerate(requests):
                if number and number % _TOLD_EVERY == 0:
                    self.progress.phase(
                        f"recording the answers of {self._name}: {number:,} of {len(requests):,}"
                    )
                client.cookies.clear()
                response = await self._answer(client, request, base_url)
                most = min(MOST_BYTES, left)
                answers.append(SeenAnswer.of(response, request.marks(base_url), most))
                left -= min(len(response.content), left)
        return _Asked(answers)

    async def _answer(
        self, client: httpx.AsyncClient, request: PlainRequest, base_url: httpx.URL
    ) -> httpx.Response:
        try:
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                return await client.send(request.to(base_url))
        except TimeoutError as error:
            raise UsageError(
                f"{request.shown} under {self._name}: its answer did not end within "
                f"{_ANSWER_LIMIT_S:.0f} s: leave it out, or use a workload with bench.workload."
                "Streamed for a stream that goes on"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UsageError(
                f"{request.shown} under {self._name}: no answer that could be recorded "
                f"({type(error).__name__}); its log is in the run's folder, in logs"
            ) from error

    def _compared(
        self, requests: Sequence[PlainRequest], asked: Sequence[_Asked]
    ) -> Iterator[RecordedAnswer]:
        """What the answers to each request have in common."""
        changes = tells_time(clock.realtime_ns() / NS_PER_S)
        for number, request in enumerate(requests):
            answers = [each.answers[number] for each in asked]
            yield self._one(request, answers, changes)

    def _one(
        self,
        request: PlainRequest,
        answers: Sequence[SeenAnswer],
        changes: Callable[[str], bool],
    ) -> RecordedAnswer:
        statuses = [answer.status for answer in answers]
        if len(set(statuses)) > 1:
            told = ", then ".join(map(str, statuses))
            raise UsageError(
                f"{request.shown} under {self._name} is answered with {told}: no answer is the "
                "right one. A request that can be sent only once, as one that creates something, "
                "needs a workload with exchange(base_url, number)"
            )
        return recorded(self._name, answers, changes)


def _check(server: str, requests: Sequence[PlainRequest], answers: Sequence[SeenAnswer]) -> None:
    """Refuse answers that nobody would measure: errors, unless they were asked for.

    Those to requests of an access log are compared with what the log has instead.
    """
    for request, answer in zip(requests, answers, strict=True):
        status = answer.status
        if request.status is not None:
            if status != request.status:
                raise UsageError(
                    f"{request.shown} under {server}: {_named(status)}, where {request.status} was "
                    "named as right"
                )
        elif status >= _ERROR and request.logged is None:
            raise UsageError(
                f"{request.shown} under {server}: {_named(status)}: {_advice(status)} (Where it "
                f"is right, write it in a list for --urls: 'PATH -> {status}'.)"
            )


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _advice(status: int) -> str:
    """What may be the matter."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "does the app have what it needs? Its log is in the run's folder, in logs"
    return _ADVICE.get(status, "is this what should be asked?")


def _of(request: PlainRequest, entry: Mapping[str, Any]) -> RecordedAnswer:
    """The answer to this request. Raises ValueError where it is to another."""
    if entry["request"] != request.shown:
        raise ValueError(request.shown)
    return from_json(entry)


def _written(
    found: Mapping[str, Sequence[RecordedAnswer]], sets: Mapping[str, RequestSet]
) -> bytes:
    """The record as it is kept in the run's folder."""
    document = {
        "format": _FORMAT,
        "workloads": {
            label: [
                {"request": request.shown, **answer.written}
                for request, answer in zip(sets[label].requests, answers, strict=True)
            ]
            for label, answers in found.items()
        },
    }
    return json.dumps(document, indent=1).encode()


def _read(path: Path, sets: Mapping[str, RequestSet]) -> dict[str, list[RecordedAnswer]]:
    """What was recorded when the run began. Raises HarnessError."""
    try:
        document: Any = json.loads(path.read_bytes())
        found: dict[str, list[RecordedAnswer]] = {}
        for label, source in sets.items():
            entries = document["workloads"][label]
            found[label] = [
                _of(request, entry) for request, entry in zip(source.requests, entries, strict=True)
            ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HarnessError(
            f"{path} is damaged: it does not have the right answers that the run began with; "
            "start a new run"
        ) from error
    return found
