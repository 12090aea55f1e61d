"""Lists of URLs: `[METHOD] PATH-OR-URL [WEIGHT] [-> STATUS]` a line, and comments."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.requests.files import text_of
from bench.workloads.requests.plain_request import PlainRequest, sendable
from bench.workloads.requests.request_set import RequestSet, request_set
from bench.workloads.requests.targets import METHODS, checked, place
from bench.workloads.requests.told import told

OPTION: Final = "--urls"
SKIP: Final = "--skip-bad-lines"
_MOST_WEIGHT: Final = 1e6
_TOLD: Final = 3  # hosts that are named
_ARROW: Final = "->"
_STATUSES: Final = range(200, 600)


def url_list(path: Path, headers: Sequence[tuple[str, str]] = (), *, skip: bool) -> RequestSet:
    """Read a list. `skip`: what cannot be read is left out, and said. Raises UsageError."""
    found: list[PlainRequest] = []
    hosts: dict[str, None] = {}
    bad: list[str] = []
    for number, line in enumerate(text_of(path, OPTION).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            request, host = read_line(text, headers)
        except ValueError as error:
            bad.append(f"line {number}: {error}")
            continue
        found.append(request)
        if host is not None:
            hosts[host] = None
    source = f"{OPTION} {str(path)!r}"
    if bad and (not skip or not found):
        raise UsageError(
            f"{source}: {told(bad)}. A line is '[METHOD] PATH [WEIGHT] [-> STATUS]'; "
            f"{SKIP} leaves such lines out"
        )
    notes = (
        [f"{source}: {len(bad):,} line{'s' if len(bad) > 1 else ''} left out: {told(bad)}"]
        if bad
        else []
    )
    notes += hosts_ignored(source, list(hosts))
    return request_set(source, found, str(path.resolve()), notes)


def hosts_ignored(source: str, hosts: Sequence[str]) -> list[str]:
    """Say that requests go to the servers, whatever host stands in a URL."""
    if not hosts:
        return []
    more = f" and {len(hosts) - _TOLD} more" if len(hosts) > _TOLD else ""
    told = ", ".join(hosts[:_TOLD])
    return [f"{source}: the host {told}{more} is not asked: each server is, at its own address"]


def read_line(
    text: str, headers: Sequence[tuple[str, str]] = ()
) -> tuple[PlainRequest, str | None]:
    """The request of a line, and the host of its URL. Raises ValueError."""
    words = text.partition(" #")[0].split()
    method = words.pop(0) if len(words) > 1 and words[0].upper() in METHODS else "GET"
    status = _status(words)
    found = place(words.pop(0))
    weight = _weight(words.pop(0)) if words else 1.0
    if words:
        raise ValueError(f"{words[0]!r:.40} is one word too many")
    request = PlainRequest(found.target, method.upper(), sendable(headers), None, weight, status)
    return checked(request), found.host


def _status(words: list[str]) -> int | None:
    """Take the status that is expected from the end of a line."""
    if _ARROW not in words[1:]:
        return None
    at = words.index(_ARROW, 1)
    after = words[at + 1 :]
    del words[at:]
    if len(after) != 1 or not after[0].isascii() or not after[0].isdigit():
        raise ValueError(f"after {_ARROW} stands the status that is right, as in '/x -> 404'")
    if len(after[0]) > 3 or int(after[0]) not in _STATUSES:  # noqa: PLR2004 - digits of a status
        raise ValueError(f"{after[0]:.10} is no status of an answer")
    return int(after[0])


def _weight(word: str) -> float:
    try:
        weight = float(word)
    except ValueError:
        weight = math.nan
    if not 0 < weight <= _MOST_WEIGHT:
        raise ValueError(f"{word!r:.40} is no weight: write a number above 0, as 3")
    return weight
