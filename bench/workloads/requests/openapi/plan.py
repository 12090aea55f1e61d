"""From an OpenAPI document to requests that a server answers, by trying each operation once.

Ids that the document does not give are taken from earlier answers: GET /items lists what
GET /items/{id} can ask for, and POST /items says what it has made. What is not answered well is
left out, with the reason.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

import httpx

from bench.errors import UsageError
from bench.workloads.requests.openapi.document import OPTION, ApiDocument, document
from bench.workloads.requests.openapi.ids import at_pointer, id_in, in_location
from bench.workloads.requests.openapi.operations import GET, Operation, operations
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_plan import Ask, FoundRequests
from bench.workloads.secrets import shown_target

PLACES: Final = (
    "/openapi.json", "/api/openapi.json", "/swagger.json", "/api/swagger.json", "/openapi.yaml",
    "/v1/openapi.json", "/api/v1/openapi.json", "/schema/openapi.json", "/docs/openapi.json",
    "/openapi/openapi.json", "/apidoc/openapi.json", "/apispec.json", "/apispec_1.json",
    "/spec.json", "/api/schema/", "/schema/", "/api-docs", "/swagger/v1/swagger.json",
)  # fmt: skip
"""Where frameworks have their documents, the most used first."""
_ACCEPT: Final = "application/vnd.oai.openapi+json, application/json;q=0.9, */*;q=0.1"
_ERROR: Final = 400
_MOST_TRIED: Final = 4  # values of the parameters of a path
_NAME: Final = re.compile(r"\{([^{}]*)\}")
_ORDER: Final = (GET, "POST", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE")
_READING: Final = (GET, "HEAD", "OPTIONS")
_ONCE: Final = "DELETE"


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """How the requests of a document are found. document: None: the app serves it at a place.

    told: places that the app itself has named, which are asked first where nobody named one.
    """

    source: str
    document: ApiDocument | None
    headers: tuple[tuple[str, str], ...]
    writes: bool
    places: tuple[str, ...] = PLACES
    told: tuple[str, ...] = ()

    @property
    def identity(self) -> list[object]:
        """What tells it from others."""
        digest = None if self.document is None else self.document.digest
        return [digest, list(self.places), self.writes]

    def knowing(self, documents: tuple[str, ...]) -> "ApiPlan":
        """The same, where the app says at which paths its documents are."""
        return replace(self, told=documents) if self.places == PLACES else self

    async def settled(self, ask: Ask) -> FoundRequests:
        """Try everything in the document on a server. Raises UsageError if nothing can be sent."""
        found = self.document or await self._served(ask)
        exploration = _Exploration(found, self.headers, ask)
        every, left_out, unasked = operations(found, writes=self.writes)
        exploration.left_out.update(left_out)
        await exploration.explore(every)
        return FoundRequests(exploration.requests, exploration.left_out, unasked)

    async def _served(self, ask: Ask) -> ApiDocument:
        """The document that the app itself serves. Raises UsageError."""
        said, places = "", tuple(dict.fromkeys((*self.told, *self.places)))
        for place in places:
            source = f"{OPTION} {place}"
            try:
                response = await ask(PlainRequest(place, GET, (("Accept", _ACCEPT), *self.headers)))
                if response.status_code != HTTPStatus.OK:
                    said = f"{place} is answered with {_named(response.status_code)}"
                    continue
                return document(response.content.decode("utf-8-sig"), source)
            except (ValueError, UsageError) as error:
                said = str(error) if isinstance(error, UsageError) else f"{place}: {error}"
        if len(places) > 1:
            said = f"it is not at {places[0]}, nor at {len(places) - 1} other usual places"
        raise UsageError(
            f"{self.source}: the app serves no OpenAPI document: {said}; name its path, as "
            f"{OPTION} /v2/openapi.json, or a file"
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What one operation was answered. values: of its path's parameters, in their order."""

    operation: Operation
    values: tuple[str, ...]
    answer: Any
    location: str | None


@dataclass(slots=True)
class _Exploration:
    """Asks for one operation after the other, and remembers what ids the answers have."""

    document: ApiDocument
    headers: Sequence[tuple[str, str]]
    ask: Ask
    left_out: dict[str, str] = field(default_factory=dict)
    _found: list[tuple[Operation, PlainRequest]] = field(default_factory=list)
    _known: list[_Known] = field(default_factory=list)
    _bases: tuple[str, ...] = ()

    @property
    def requests(self) -> list[PlainRequest]:
        """What can be sent: what reads before what writes, and what makes new records last.

        So a fresh process is asked for a record before it makes one of the same id.
        """

        def rank(operation: Operation) -> int:
            return 0 if operation.method in _READING else 1 if operation.path else 2

        return [request for _, request in sorted(self._found, key=lambda each: rank(each[0]))]

    async def explore(self, every: Sequence[Operation]) -> None:
        """Ask for all of them: those of whose answers others may need first."""
        self._bases = tuple(dict.fromkeys((self.document.base, "")))

        def order(operation: Operation) -> tuple[bool, int, int]:
            method = operation.method
            return method == _ONCE, len(operation.path), _ORDER.index(method)

        for operation in sorted(every, key=order):
            try:
                self._found.append((operation, await self._one(operation)))
            except ValueError as error:
                self.left_out[operation.shown] = str(error)

    async def _one(self, operation: Operation) -> PlainRequest:
        """A request for an operation that succeeds. Raises ValueError if there is none."""
        if operation.method == _ONCE:
            await self._make_anew(operation)
        if not operation.path.keys() >= set(_names(operation)):
            raise ValueError("a part of its path is no parameter")
        why = "nothing says what its parameters are: it has no example, and no answer has an id"
        for values in islice(self._values(operation, _names(operation)), _MOST_TRIED):
            request, response = await self._asked(operation, values)
            if response.status_code < _ERROR:
                if operation.method == _ONCE:
                    await self._refuse_once(request, response.status_code)
                self._remember(operation, values, response)
                return request
            why = f"{_named(response.status_code)} at {shown_target(request.target)[:60]}"
        raise ValueError(why)

    async def _asked(
        self, operation: Operation, values: Mapping[str, str]
    ) -> tuple[PlainRequest, httpx.Response]:
        """Send below the document's base path or, if nothing is there, without it."""
        below, *others = self._bases
        request = operation.request(below, values, self.headers)
        response = await self.ask(request)
        for base in others if response.status_code == HTTPStatus.NOT_FOUND else ():
            other = operation.request(base, values, self.headers)
            found = await self.ask(other)
            if found.status_code != HTTPStatus.NOT_FOUND:
                self._bases = (base,)
                return other, found
        if response.status_code < _ERROR:
            self._bases = (below,)
        return request, response

    async def _refuse_once(self, request: PlainRequest, status: int) -> None:
        """Raise ValueError where a request is answered otherwise the second time."""
        again = (await self.ask(request)).status_code
        if again != status:
            raise ValueError(f"it can be sent only once: {status}, then {again}")

    async def _make_anew(self, operation: Operation) -> None:
        """Create a record to delete, so that no record is deleted that other requests need."""
        collection = _shape(operation.template).rpartition("/{}")[0]
        for made, request in list(self._found):
            if made.method == "POST" and _shape(made.template).rstrip("/") == collection:
                response = await self.ask(request)
                before = next(each for each in self._known if each.operation == made)
                self._known.insert(0, _learned(made, before.values, response))

    def _remember(
        self, operation: Operation, values: Mapping[str, str], response: httpx.Response
    ) -> None:
        ordered = tuple(values[name] for name in _names(operation))
        self._known.append(_learned(operation, ordered, response))

    def _values(self, operation: Operation, names: Sequence[str]) -> Iterator[dict[str, str]]:
        """Values of its path, the likeliest first."""
        if not names:
            yield {}
            return
        *before, name = names
        for values in self._values(operation, before):
            seen: set[str] = set()
            for value in self._candidates(operation, name, tuple(values.values())):
                if value not in seen:
                    seen.add(value)
                    yield {**values, name: value}

    def _candidates(
        self, operation: Operation, name: str, before: tuple[str, ...]
    ) -> Iterator[str]:
        """What may stand for a parameter: what is given, what answers say, what is allowed."""
        found = list(self._from_answers(operation, name, before))
        given = operation.path[name]
        if operation.method == _ONCE:  # what was made for it comes first
            yield from found
        if given is not None:
            yield given
        yield from found
        if name in operation.guesses:
            yield operation.guesses[name]

    def _from_answers(
        self, operation: Operation, name: str, before: tuple[str, ...]
    ) -> Iterator[str]:
        collection = _shape(operation.template.partition(f"{{{name}}}")[0]).rstrip("/")
        last = collection.rpartition("/")[2]
        for each in self._known:
            linked = [
                at_pointer(each.answer, link.at)
                for link in each.operation.links
                if link.operation == operation.name and link.parameter == name
            ]
            yield from (value for value in linked if value is not None)
        for each in self._known:
            shape = _shape(each.operation.template).rstrip("/")
            same = each.values[: len(before)] == before
            below = shape.startswith(f"{collection}/") and not each.values[len(before) :]
            if not same or not (shape == collection or (below and each.operation.method == GET)):
                continue
            found = id_in(each.answer, name, last)
            path = _filled(each.operation.template, each.values).rstrip("/")
            found = found or in_location(each.location, self._bases[0] + path)
            if found is not None:
                yield found


def _learned(operation: Operation, values: tuple[str, ...], response: httpx.Response) -> _Known:
    try:
        answer: Any = response.json()
    except (ValueError, RecursionError):
        answer = None
    return _Known(operation, values, answer, response.headers.get("location"))


def _names(operation: Operation) -> list[str]:
    """The parameters of its path, in their order."""
    return _NAME.findall(operation.template)


def _shape(template: str) -> str:
    """A path whose parameters have no names."""
    return _NAME.sub("{}", template)


def _filled(template: str, values: Sequence[str]) -> str:
    rest = iter(values)
    return _NAME.sub(lambda _: next(rest), template)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
