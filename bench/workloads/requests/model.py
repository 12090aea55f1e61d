"""A set of requests that somebody named: a workload without a program."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from bench.errors import UsageError
from bench.workloads.recorded.answer import Demanded, RecordedAnswer
from bench.workloads.recorded.marks import Marks
from bench.workloads.requests.secrets import is_secret, secret_values, shown_target

if TYPE_CHECKING:  # --help needs no httpx, and shows the options of this
    import httpx

    from bench.workload import Exchange
    from bench.workloads.requests.access_log.log import AccessLog
    from bench.workloads.requests.access_log.replay import Replay

MOST_REQUESTS: Final = 16_384
"""Of a set: as many as are compiled at once."""
_MOST_SHOWN: Final = 60  # characters of a path as a label
_DIGITS: Final = 12
_OK: Final = 200
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_OF_A_CONNECTION: Final = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-connection", "te",
     "transfer-encoding", "upgrade"}
)  # fmt: skip
"""Headers that each client sets for itself: left out of what is sent."""


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """One request.

    target: path and query, in ASCII. status: the right one; None: it is seen. logged: what was
    answered where it comes from, which is compared and not demanded; None: not known. secrets:
    values in it that are not to be shown, beside those whose names say so.
    """

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    weight: float = 1.0
    status: int | None = None
    logged: int | None = field(default=None, compare=False)
    secrets: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def weighing(self, weight: float) -> "PlainRequest":
        """The same with another weight."""
        return replace(self, weight=weight)

    def to(self, base_url: "httpx.URL") -> "httpx.Request":
        """The request to one server."""
        import httpx  # noqa: PLC0415 - see above

        url = base_url.copy_with(raw_path=self.target.encode("ascii"))
        pairs = [(name.encode(), value.encode()) for name, value in self.headers]
        hidden = {"secrets": self.secrets} if self.secrets else None
        return httpx.Request(self.method, url, headers=pairs, content=self.body, extensions=hidden)

    def marks(self, base_url: "httpx.URL") -> Marks:
        """What an answer of this server may repeat of it, and no other would."""
        host = base_url.netloc.decode("ascii")
        secrets = secret_values(self.headers, self.target, self.body, self.secrets)
        return Marks(f"{base_url.scheme}://{host}", host, secrets)

    @property
    def shown(self) -> str:
        """Method and path; no value in it that looks like a secret."""
        return f"{self.method} {shown_target(self.target, self.secrets)}"

    @property
    def identity(self) -> list[object]:
        """What tells it from others; a secret may be another the next time."""
        headers = [[name.lower(), "" if is_secret(name) else value] for name, value in self.headers]
        body = None if self.body is None else hashlib.sha256(self.body).hexdigest()
        return [self.shown, headers, body, self.weight, self.status]


Ask: TypeAlias = "Callable[[PlainRequest], Awaitable[httpx.Response]]"
"""Asks a server; raises ValueError where no answer comes."""


@dataclass(frozen=True, slots=True)
class FoundRequests:
    """What a plan came to.

    left_out: what is not sent, with the reason. unasked: how much more nobody asked for.
    """

    requests: Sequence[PlainRequest]
    left_out: Mapping[str, str]
    unasked: int = 0


class RequestPlan(Protocol):
    """Requests that are known only once a server has answered others."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Those that were named for all of its requests."""

    @property
    def identity(self) -> list[object]:
        """What tells it from other plans."""

    def knowing(self, documents: tuple[str, ...]) -> "RequestPlan":
        """The same, where the app says at which paths its OpenAPI documents are."""

    async def settled(self, ask: Ask) -> FoundRequests:
        """Ask one server, before the load. Raises UsageError where nothing can be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSet:
    """Requests that are sent by their weights, over and over.

    source: what named them, as messages call it. file: their file, an absolute path; None: they
    were named on the command line. name: what it is called where it has neither a file nor one
    path. notes: what is printed before anything is started. answers: to each request the right
    one; None: not known yet. plan: how the requests are found; those that there are till then show
    whether a server is ready. lenient: what is not answered well is left out, not refused.
    left_out: what was, with the reason. log: the access log that they come from, until it is known
    what of it is sent. replay: when they are sent; None: a load decides.
    """

    source: str
    requests: tuple[PlainRequest, ...] = field(repr=False)
    file: str | None = None
    notes: tuple[str, ...] = ()
    answers: tuple[RecordedAnswer, ...] | None = field(default=None, repr=False)
    log: "AccessLog | None" = field(default=None, repr=False, compare=False)
    replay: "Replay | None" = field(default=None, repr=False, compare=False)
    name: str | None = None
    plan: RequestPlan | None = field(default=None, repr=False)
    lenient: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return self.source

    @property
    def label(self) -> str:
        """Its name, or the path of its one request; the method too, where it is no GET."""
        if self.name is not None:
            return self.name
        first = self.requests[0]
        path = shown_target(first.target)
        label = path if first.method == "GET" else f"{first.method} {path}"
        if len(label) <= _MOST_SHOWN:
            return label
        half = _MOST_SHOWN // 2
        return f"{label[:half]}…{label[1 - half :]}"

    @property
    def digest(self) -> str:
        """What tells it from others of its name."""
        every = [each.identity for each in self.requests]
        identity = json.dumps(every if self.plan is None else self.plan.identity)
        return hashlib.sha256(identity.encode()).hexdigest()[:_DIGITS]

    def exchanges(self, base_url: "httpx.URL") -> "Iterator[Exchange]":
        """As a workload yields them."""
        from bench.workload import Checked, Exchange  # noqa: PLC0415 - see above

        if self.answers is None:
            for each in self.requests:
                answer = Checked(lambda _: None, status=each.status or _OK)
                yield Exchange(each.to(base_url), answer, weight=each.weight)
            return
        for each, right in zip(self.requests, self.answers, strict=True):
            demanded = Demanded(right, each.marks(base_url))
            yield Exchange(each.to(base_url), demanded, weight=each.weight)


def header(text: str) -> tuple[str, str]:
    """Read 'Name: value'. Raises ValueError, which tells no value."""
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon:
        raise ValueError("a header is written 'Name: value': there is no colon")
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r:.40} is no name of a header: write 'Name: value'")
    if not value.isprintable():
        raise ValueError(f"the value of header {name!r:.40} has characters that cannot be sent")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the value of header {name!r:.40} is not UTF-8") from None
    return name, value


def sendable(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without those that are a connection's."""
    return tuple(each for each in headers if each[0].lower() not in _OF_A_CONNECTION)


def merged(requests: Iterable[PlainRequest]) -> tuple[PlainRequest, ...]:
    """Each request once, with the weights of all that are the same added up."""
    weights: dict[PlainRequest, float] = {}
    for each in requests:
        bare = each.weighing(1.0)
        weights[bare] = weights.get(bare, 0.0) + each.weight
    return tuple(each.weighing(weight) for each, weight in weights.items())


def request_set(
    source: str,
    requests: Iterable[PlainRequest],
    file: str | None = None,
    notes: Iterable[str] = (),
) -> RequestSet:
    """A set of what was read. Raises UsageError where there is nothing to send, or too much."""
    found = merged(requests)
    if not found:
        raise UsageError(f"{source} has no request: write a path or URL a line, as /prices/7")
    if len(found) > MOST_REQUESTS:
        raise UsageError(
            f"{source} has {len(found):,} requests: at most {MOST_REQUESTS:,} can be sent; take "
            f"some of them, as 'shuf -n {MOST_REQUESTS}' does"
        )
    return RequestSet(source=source, requests=found, file=file, notes=tuple(notes))
