"""Requests of long files: all that differ, or of too many, those of some entries by chance."""

from collections.abc import Callable
from typing import Final

from bench.workloads.requests.access_log.sampling import Reservoir
from bench.workloads.requests.plain_request import MOST_REQUESTS, PlainRequest, merged
from bench.workloads.requests.targets import checked

_MOST_BYTES: Final = 256 * 1024 * 1024
"""Of all requests that are kept."""


class TooLargeError(ValueError):
    """The requests are too long to be kept together."""


class RequestSample:
    """Takes requests one by one and keeps so many at the most, however many there are.

    Up to that many different ones are kept, each with how often it came. Of more, those of as many
    entries are, drawn with equal chances: what comes often stays as frequent as it is.
    """

    def __init__(
        self,
        seed: int,
        most: int = MOST_REQUESTS,
        check: Callable[[PlainRequest], PlainRequest] = checked,
    ) -> None:
        """`seed`: of what is drawn. `most`: requests that are kept.

        check: raises ValueError for what cannot be sent.
        """
        self.is_whole = True  # all that differ are kept
        self._check = check
        self._most = most
        self._known: dict[PlainRequest, PlainRequest] = {}  # each by itself: one object of each
        self._counts: dict[PlainRequest, int] = {}
        self._drawn = Reservoir[PlainRequest](most, seed)
        self._bytes = 0

    @property
    def seen(self) -> int:
        """How many there were."""
        return self._drawn.seen

    @property
    def requests(self) -> tuple[PlainRequest, ...]:
        """What is kept, weighted by how often it came."""
        if self.is_whole:
            return tuple(each.weighing(count) for each, count in self._counts.items())
        return merged(self._drawn.kept)

    def add(self, request: PlainRequest) -> None:
        """Take one. Raises TooLargeError, and ValueError where it cannot be sent."""
        if self.is_whole:
            self._drawn.add(self._counted(request))
            if len(self._counts) > self._most:
                self.is_whole = False
                self._known, self._counts = {}, {}
            return
        dropped = self._drawn.add(self._check(request))
        if dropped is not request:
            self._weigh(_size(request) - (_size(dropped) if dropped else 0))

    def _counted(self, request: PlainRequest) -> PlainRequest:
        """The same, as the object that is kept."""
        known = self._known.get(request)
        if known is None:
            known = self._check(request)
            self._weigh(_size(known))
            self._known[known] = known
        self._counts[known] = self._counts.get(known, 0) + 1
        return known

    def _weigh(self, more: int) -> None:
        self._bytes += more
        if self._bytes > _MOST_BYTES:
            raise TooLargeError(f"its requests are longer than {_MOST_BYTES >> 20} MiB together")


def _size(request: PlainRequest) -> int:
    """Bytes that a request takes, about."""
    headers = sum(len(name) + len(value) for name, value in request.headers)
    return len(request.target) + headers + len(request.body or b"")
