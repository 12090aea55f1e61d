"""A set of requests that somebody named: a workload without a program."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench.errors import UsageError
from bench.workloads.recorded.answer import Demanded, RecordedAnswer
from bench.workloads.requests.plain_request import MOST_REQUESTS, PlainRequest, merged
from bench.workloads.requests.request_plan import RequestPlan
from bench.workloads.secrets import shown_target

if TYPE_CHECKING:  # --help needs no httpx, and shows the options of this
    import httpx

    from bench.workload import Exchange
    from bench.workloads.requests.access_log.log import AccessLog
    from bench.workloads.requests.access_log.replay import Replay

_MOST_SHOWN: Final = 60  # characters of a path as a label
_DIGITS: Final = 12
_OK: Final = 200


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
