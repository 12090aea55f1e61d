"""Requests of a log, weighted by frequency; long logs are sampled with a seed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Generic, TypeVar

from bench.workloads.requests.access_log.entry import LogEntry
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.targets import checked, place

_SENT_AGAIN: Final = {304: 200, 206: 200}
"""Statuses that headers of the client's bring about, which logs do not have."""


_T = TypeVar("_T")


class Reservoir(Generic[_T]):
    """A uniform random sample of the entries seen.

    Source: Vitter, Random sampling with a reservoir (1985), algorithm R.
    """

    def __init__(self, size: int, seed: int) -> None:
        """Keep up to so many."""
        self.kept: list[_T] = []
        self.seen = 0
        self._size = size
        self._random = Random(seed)  # noqa: S311 - nothing here is secret

    def add(self, entry: _T) -> _T | None:
        """See one more; returns what is not kept: this, or what makes room for it."""
        self.seen += 1
        if len(self.kept) < self._size:
            self.kept.append(entry)
            return None
        at = int(self._random.random() * self.seen)
        if at < self._size:
            entry, self.kept[at] = self.kept[at], entry
        return entry

    def shuffled(self) -> list[_T]:
        """What was kept, in an order that is drawn."""
        kept = self.kept.copy()
        self._random.shuffle(kept)
        return kept


@dataclass(frozen=True, slots=True)
class LoggedRequests:
    """Distinct requests, weighted by frequency.

    order: which of them each entry is, by index; -1: none, since it cannot be sent, or there were
    enough already. unsendable: entries that cannot be sent.
    """

    requests: tuple[PlainRequest, ...]
    order: tuple[int, ...]
    unsendable: int

    @property
    def beyond(self) -> int:
        """Entries of requests that there was no room for."""
        return self.order.count(-1) - self.unsendable


def gathered(
    entries: Iterable[LogEntry], most: int, headers: Sequence[tuple[str, str]]
) -> LoggedRequests:
    """Collect distinct requests, up to a limit; each has its most frequent status."""
    known: dict[tuple[str, str], int] = {}
    made: list[PlainRequest] = []
    statuses: list[Counter[int]] = []
    order: list[int] = []
    unsendable = 0
    for entry in entries:
        key = (entry.method, entry.target)
        if key not in known:
            request = _request(entry, tuple(headers))
            if request is None or len(made) == most:
                unsendable += request is None
                order.append(-1)
                continue
            known[key] = len(made)
            made.append(request)
            statuses.append(Counter())
        index = known[key]
        order.append(index)
        if entry.status is not None:
            statuses[index][_SENT_AGAIN.get(entry.status, entry.status)] += 1
    weights = Counter(order)
    requests = tuple(
        replace(each, weight=float(weights[index]), logged=_commonest(statuses[index]))
        for index, each in enumerate(made)
    )
    return LoggedRequests(requests, tuple(order), unsendable)


def _request(entry: LogEntry, headers: tuple[tuple[str, str], ...]) -> PlainRequest | None:
    try:
        return checked(PlainRequest(place(entry.target).target, entry.method, headers))
    except ValueError:
        return None


def _commonest(statuses: Counter[int]) -> int | None:
    return statuses.most_common(1)[0][0] if statuses else None
