"""Right answers on record: the baseline is asked before the load, and all servers must answer so.

It is asked three times: twice in one process, at different seconds, and once in another process;
and what only reads is asked several times more, some at once, as it will be under load. What
differs is not demanded.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, Final

import httpx

from bench.errors import HarnessError, UsageError
from bench.facts.run import LoggedStatuses
from bench.facts.settings import Check
from bench.formatting import plural
from bench.messages import other_statuses
from bench.progress.listener import ProgressListener
from bench.run.before_load.logged_statuses import logged_statuses
from bench.run.before_load.request_notes import left_out, reasons, request_notes
from bench.run.context import Candidate, RunContext
from bench.run.request.resolve import RunRequest
from bench.stats.units import NS_PER_S
from bench.system import clock
from bench.system.files import write_whole
from bench.workloads.loading import Source
from bench.workloads.recorded.answer import (
    MOST_BYTES,
    SeenAnswer,
    from_json,
    recorded,
)
from bench.workloads.recorded.changing import tells_time
from bench.workloads.requests.kept import kept, read
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet, request_set
from bench.workloads.secrets import shown_target
from servers.launch import launch
from servers.server import Server

FILE: Final = "recorded_answers.json"
_FORMAT: Final = 1
_ANSWER_LIMIT_S: Final = 60.0
_MORE: Final = 24  # askings, for values that are seldom another
_MORE_S: Final = 3.0  # for all of them, if there is time for this many in it:
_LEAST_MORE: Final = 8
_MOST_MORE_S: Final = 30.0  # for those, of a slow app or on a busy machine
_AT_ONCE: Final = 8
_MOST_DIFFERENT: Final = 48  # answers to one request that are compared
_MOST_MORE_BYTES: Final = 16 * 1024  # of a body that is asked for more often
_READING: Final = ("GET", "HEAD")
_LOOK_LIMIT_S: Final = 10.0  # of an answer while it is looked for what can be asked
_APART_S: Final = 1.1  # between two askings: times are often told in whole seconds
_MOST_BYTES: Final = 16 * 1024 * 1024  # of all bodies that are kept; of further ones, digests
_TOLD_EVERY: Final = 500  # requests
_ERROR: Final = 400
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_AUTH: Final = "does it need a --header, as 'Authorization: Bearer ...'?"
_BODY: Final = "are the body and its type right?"
_NAMED_AS_RIGHT: Final = "(Where it is right, write it in a list for --urls: 'PATH -> {}'.)"
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

    Where requests are still to be found, the baseline is asked for them first. Raises UsageError
    where the baseline does not answer as a workload should be answered, LaunchError where it does
    not start, HarnessError where a record is damaged.
    """
    sets = {
        label: source for label, source in context.sources.items() if isinstance(source, RequestSet)
    }
    if not sets:
        return context
    path = context.logs.parent / FILE
    found = _read(path, sets) if path.exists() else None
    if found is None:
        reference = _reference(wanted, sound)
        found = await asked(sets, wanted, reference, context.logs, progress, context.journal.write)
        write_whole(path, _written(found, sets))
        for label, each in found.items():
            if (noted := request_notes(label, each)) is not None:
                context.journal.write(noted)
    sources: dict[str, Source] = {**context.sources, **found}
    if wanted.settings.check == Check.STATUS:
        for label, each in found.items():
            bare = tuple(answer.bare for answer in each.answers or ())
            sources[label] = replace(each, answers=bare)
    return replace(context, sources=sources)


async def asked(
    sets: Mapping[str, RequestSet],
    wanted: RunRequest,
    server: Candidate,
    logs: Path,
    progress: ProgressListener,
    noted: Callable[[LoggedStatuses], None] = lambda _: None,
) -> dict[str, RequestSet]:
    """The sets with all their requests, and one server's answers to them; see `with_answers`.

    noted: gets what is answered with other statuses than an access log has.
    """
    return await _Recording(wanted, server, logs, progress, noted).answers(sets)


def _reference(wanted: RunRequest, sound: Sequence[Candidate]) -> Candidate:
    """Whose answers are right: the baseline's, or where that failed, the first one's."""
    return next((each for each in sound if each.profile.name == wanted.baseline), sound[0])


class _UnusableError(Exception):
    """A request that cannot be measured. advice: what to do, where somebody named it."""

    def __init__(self, why: str, advice: str) -> None:
        super().__init__(why)
        self.advice = advice


@dataclass(slots=True)
class _Sent:
    """A request, and what it was answered so far. fault: why it is left out."""

    request: PlainRequest
    lenient: bool
    answers: list[SeenAnswer] = field(default_factory=list)
    fault: str | None = None

    @property
    def may_be_asked_again(self) -> bool:
        """Whether it changes nothing, and was answered briefly."""
        return (
            self.fault is None
            and self.request.method in _READING
            and isinstance(self.answers[-1].body, bytes)
            and len(self.answers[-1].body) <= _MOST_MORE_BYTES
        )

    def add(self, answer: SeenAnswer) -> None:
        """Note an answer of the same status, if it is another than those that there are."""
        if (
            answer.status == self.answers[0].status
            and len(self.answers) < _MOST_DIFFERENT
            and answer not in self.answers
        ):
            self.answers.append(answer)


@dataclass(frozen=True, slots=True)
class _Recording:
    """Asks one server."""

    wanted: RunRequest
    server: Candidate
    logs: Path
    progress: ProgressListener
    noted: Callable[[LoggedStatuses], None]

    @property
    def _name(self) -> str:
        return self.server.profile.name

    def _log(self, number: int) -> Path:
        return self.logs / f"{self.server.profile.slug}.recording-{number}.log"

    async def answers(self, sets: Mapping[str, RequestSet]) -> dict[str, RequestSet]:
        """The same with the right answers to all requests, by label."""
        self.progress.phase(f"recording the answers of {self._name}")
        async with self._launched(1) as server:
            settled = {label: await self._settled(server, each) for label, each in sets.items()}
            sent = {
                label: [_Sent(request, each.lenient) for request in each.requests]
                for label, each in settled.items()
            }
            every = [each for several in sent.values() for each in several]
            began_ns = clock.monotonic_ns()
            await self._ask(server, every)
            for each in every:
                self._judge(each, _check)
            for label, several in sent.items():
                self._compare_with_log(label, several)
            await self._ask_more(server, every)
            left_s = _APART_S - (clock.monotonic_ns() - began_ns) / NS_PER_S
            await asyncio.sleep(max(0.0, left_s))
            await self._ask(server, every)
        async with self._launched(2) as server:
            await self._ask(server, every)
            await self._ask_more(server, every)
        changes = tells_time(clock.realtime_ns() / NS_PER_S)
        return {
            label: self._answered(each, sent[label], changes) for label, each in settled.items()
        }

    async def _settled(self, server: Server, asked: RequestSet) -> RequestSet:
        """The same with all its requests, for which the server is asked where it takes that."""
        if asked.plan is None:
            return asked
        self.progress.phase(f"looking for what {self._name} can be asked")
        async with _client() as client:
            base_url = httpx.URL(server.url)

            async def ask(request: PlainRequest) -> httpx.Response:
                try:
                    return await self._answer(client, request, base_url, _LOOK_LIMIT_S)
                except _UnusableError as error:
                    raise ValueError(str(error)) from error

            found = await asked.plan.settled(ask)
        notes = asked.notes
        if found.unasked:
            more = f"{asked}: --writes also sends {plural(found.unasked, 'operation')}"
            self.progress.note(more)
            notes = (*notes, more)
        if not found.requests:
            raise UsageError(_nothing(asked, found.left_out))
        complete = request_set(asked.source, found.requests, asked.file)
        return replace(asked, requests=complete.requests, left_out=found.left_out, notes=notes)

    def _answered(
        self, asked: RequestSet, sent: Sequence[_Sent], changes: Callable[[str], bool]
    ) -> RequestSet:
        """The same with what the answers to each request have in common; what is left out is told.

        changes: see `learned`.
        """
        for each in sent:
            self._judge(each, _refuse_varying)
        faults = {
            **asked.left_out,
            **{each.request.shown: each.fault for each in sent if each.fault is not None},
        }
        good = [each for each in sent if each.fault is None]
        if not good:
            raise UsageError(_nothing(asked, faults))
        answered = replace(
            asked,
            requests=tuple(each.request for each in good),
            answers=tuple(recorded(self._name, each.answers, changes) for each in good),
            left_out=faults,
            plan=None,
        )
        if faults:
            self.progress.note(f"{asked}: {left_out(answered)}")
        return answered

    def _judge(self, sent: _Sent, check: Callable[[_Sent], None]) -> None:
        """Leave out what a check refuses, or raise UsageError where that is not wanted."""
        if sent.fault is not None:
            return
        try:
            check(sent)
        except _UnusableError as error:
            self._refuse(sent, error)

    def _refuse(self, sent: _Sent, error: _UnusableError) -> None:
        if not sent.lenient:
            raise UsageError(
                f"{sent.request.shown} under {self._name}: {error}{error.advice}"
            ) from error
        sent.fault = str(error)

    def _compare_with_log(self, label: str, sent: Sequence[_Sent]) -> None:
        """Note where answers have other statuses than the access log. Raises UsageError."""
        logged = [each for each in sent if each.answers and each.request.logged is not None]
        if not logged:
            return
        requests = [each.request for each in logged]
        answers = [each.answers[0] for each in logged]
        found = logged_statuses(label, self._name, requests, answers)
        if found is not None:
            self.noted(found)
            self.progress.note(other_statuses(found))

    @asynccontextmanager
    async def _launched(self, number: int) -> AsyncIterator[Server]:
        profile = self.server.profile
        async with launch(
            profile,
            self.server.environment,
            self.server.app,
            log=self._log(number),
            workers=self.wanted.settings.workers,
            deadline_s=self.wanted.start_limit_s,
            readiness=self.wanted.readiness,
            on_wait=lambda what: self.progress.waiting(profile.name, what),
        ) as server:
            yield server

    async def _ask(self, server: Server, every: Sequence[_Sent]) -> None:
        """Send each request once, over connections of their own."""
        base_url = httpx.URL(server.url)
        left = _MOST_BYTES
        async with _client() as client:
            for number, sent in enumerate(every):
                if sent.fault is not None:
                    continue
                if number and number % _TOLD_EVERY == 0:
                    self.progress.phase(
                        f"recording the answers of {self._name}: {number:,} of {len(every):,}"
                    )
                try:
                    response = await self._answer(client, sent.request, base_url)
                except _UnusableError as error:
                    self._refuse(sent, error)
                    continue
                most = min(MOST_BYTES, left)
                sent.answers.append(SeenAnswer.of(response, sent.request.marks(base_url), most))
                left -= min(len(response.content), left)

    async def _ask_more(self, server: Server, every: Sequence[_Sent]) -> None:
        """Ask again for what only reads, several at once, as long as there is time for it.

        What goes wrong meanwhile is left to the load, which shows how often it does.
        """
        base_url = httpx.URL(server.url)
        reading = [each for each in every if each.may_be_asked_again]

        async def ask(client: httpx.AsyncClient, sent: _Sent) -> None:
            try:
                response = await self._answer(client, sent.request, base_url)
            except _UnusableError:
                return
            if len(response.content) <= _MOST_MORE_BYTES:
                sent.add(SeenAnswer.of(response, sent.request.marks(base_url)))

        began_ns, least = clock.monotonic_ns(), _LEAST_MORE * len(reading)
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOST_MORE_S), _client() as client:
                each = chain.from_iterable(repeat(reading, _MORE))
                while batch := list(islice(each, _AT_ONCE)):
                    await asyncio.gather(*(ask(client, sent) for sent in batch))
                    least -= len(batch)
                    if least <= 0 and clock.monotonic_ns() - began_ns > _MORE_S * NS_PER_S:
                        break

    async def _answer(
        self,
        client: httpx.AsyncClient,
        request: PlainRequest,
        base_url: httpx.URL,
        limit_s: float = _ANSWER_LIMIT_S,
    ) -> httpx.Response:
        try:
            async with asyncio.timeout(limit_s):
                return await client.send(request.to(base_url))
        except TimeoutError as error:
            raise _UnusableError(
                f"its answer did not end within {limit_s:.0f} s",
                ": leave it out, or use a workload with bench.workload.Streamed for a stream that "
                "goes on",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _UnusableError(
                f"no answer that could be recorded ({type(error).__name__})",
                f"; its log is {self._log(1)}",
            ) from error


def _client() -> httpx.AsyncClient:
    """A client that keeps no cookies: each request is sent as it was named."""
    return httpx.AsyncClient(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=_ANSWER_LIMIT_S,
        trust_env=False,
        verify=False,  # noqa: S501 - gated before
    )


def _refuse_varying(sent: _Sent) -> None:
    """Refuse statuses of which none is the right one."""
    statuses = [answer.status for answer in sent.answers]
    if len(set(statuses)) > 1:
        raise _UnusableError(
            f"answered with {', then '.join(map(str, statuses))}",
            ": no answer is the right one. A request that can be sent only once, as one that "
            "creates something, needs a workload with exchange(base_url, number)",
        )


def _check(sent: _Sent) -> None:
    """Refuse an answer that nobody would measure: an error or a redirect, unless it was asked for.

    That to a request of an access log is compared with what the log has instead.
    """
    if not sent.answers:
        return
    status, right = sent.answers[0].status, sent.request.status
    if right is not None:
        if status != right:
            raise _UnusableError(f"{_named(status)}, where {right} was named as right", "")
    elif sent.request.logged is None:
        if _leads_away(sent):
            raise _moved(sent)
        if status >= _ERROR:
            advice = f": {_advice(status)} {_NAMED_AS_RIGHT.format(status)}"
            raise _UnusableError(_named(status), advice)


def _leads_away(sent: _Sent) -> bool:
    """Whether it has to be asked elsewhere; 303 to what is no reading says that it is done."""
    answer = sent.answers[0]
    done = answer.status == HTTPStatus.SEE_OTHER and sent.request.method not in _READING
    return answer.status in _REDIRECTS and "location" in answer.headers and not done


def _moved(sent: _Sent) -> _UnusableError:
    """An answer that sends elsewhere: nothing of what was meant has run."""
    answer = sent.answers[0]
    place = answer.headers["location"].replace(answer.marks.put(answer.marks.origin), "")
    shown = shown_target(place, sent.request.secrets)
    if place.startswith("https:"):
        advice = "turn that off with a setting of the app, or send 'X-Forwarded-Proto: https'"
    else:
        advice = "name that path; where it is a login, send what it gives with a --header"
    return _UnusableError(
        f"{_named(answer.status)} to {shown!r:.80}",
        f": redirects are not followed: {advice}. {_NAMED_AS_RIGHT.format(answer.status)}",
    )


def _nothing(asked: RequestSet, faults: Mapping[str, str]) -> str:
    return f"{asked}: nothing can be measured: {reasons(faults) or 'it has no requests'}"


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


def _written(found: Mapping[str, RequestSet], sets: Mapping[str, RequestSet]) -> bytes:
    """The record as it is kept in the run's folder. sets: as they were named."""
    document = {
        "format": _FORMAT,
        "workloads": {label: _entries(each, sets[label]) for label, each in found.items()},
        "left_out": {label: dict(each.left_out) for label, each in found.items() if each.left_out},
    }
    return json.dumps(document, indent=1).encode()


def _entries(found: RequestSet, asked: RequestSet) -> list[dict[str, Any]]:
    """Each request and its answer; all of the request, where it was found by asking."""
    numbers = {request: number for number, request in enumerate(asked.requests)}
    plan = asked.plan
    return [
        {
            "request": request.shown,
            **(
                {"number": numbers[request]}
                if plan is None
                else {"sent": kept(request, plan.headers)}
            ),
            **answer.written,
        }
        for request, answer in zip(found.requests, found.answers or (), strict=True)
    ]


def _read(path: Path, sets: Mapping[str, RequestSet]) -> dict[str, RequestSet]:
    """What was recorded when the run began. Raises HarnessError, and UsageError for a secret."""
    try:
        document: Any = json.loads(path.read_bytes())
        return {
            label: _with_record(each, document["workloads"][label]) for label, each in sets.items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HarnessError(
            f"{path} is damaged: it does not have the right answers that the run began with; "
            "start a new run"
        ) from error


def _with_record(asked: RequestSet, entries: Sequence[Mapping[str, Any]]) -> RequestSet:
    """The same with its answers. Raises ValueError where these are to other requests."""
    if asked.plan is None:
        requests = tuple(asked.requests[entry["number"]] for entry in entries)
        complete = asked.lenient or len(requests) == len(asked.requests)
    else:
        complete = True
        if any(entry["sent"] is None for entry in entries):
            raise UsageError(
                f"{asked}: the run cannot be resumed: a request that was found by asking has a "
                "secret in it, which was not recorded; start a new run"
            )
        requests = tuple(read(entry["sent"], asked.plan.headers) for entry in entries)
    if not complete or [each.shown for each in requests] != [each["request"] for each in entries]:
        raise ValueError(asked.source)
    answers = tuple(from_json(entry) for entry in entries)
    return replace(asked, requests=requests, answers=answers, plan=None)
