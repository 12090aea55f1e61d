"""Which requests of a workload are alike: of a kind, each is held against the others."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import httpx

MOST: Final = 4096
"""Requests of which each is a kind of its own. Of more, none would be sent twice in a slice, and
nothing could be said of how long its like takes ordinarily."""

_MOST_KINDS: Final = 256

_Key: TypeAlias = tuple[str, ...]


class Kinds:
    """Numbers kinds as they come: by method and the first part of the path, or by method alone."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[_Key, int] = {}

    def of(self, request: httpx.Request) -> int:
        """The kind of one request."""
        known, method = self._known, request.method
        key = method, request.url.path[1:].partition("/")[0]
        if key not in known and len(known) >= _MOST_KINDS:
            return known.setdefault((method,), len(known))
        return known.setdefault(key, len(known))


def kinds(requests: Sequence[httpx.Request]) -> list[int]:
    """The kind of each: every one is its own, unless there are very many."""
    if len(requests) <= MOST:
        return list(range(len(requests)))
    every = Kinds()
    return [every.of(request) for request in requests]
