"""items_export: every item as a line of JSON; the seeded ones first, then what others added."""

import json
from collections.abc import Iterator

import httpx

from bench.workload import Exchange, Streamed, StreamForm
from bench.workloads.built_in.get_item import ITEMS, seeded

MOST_ITEMS = 1_000_000
MOST = 2000
"""Bytes of a line that are looked at: brackets take twenty times their size once parsed."""


def exchanges(base_url: httpx.URL) -> Iterator[Exchange]:
    """One request, whose answer has at least the seeded items."""
    yield Exchange(
        httpx.Request("GET", base_url.join("/items/export")),
        Streamed(form=StreamForm.LINES, events=MOST_ITEMS, least=len(ITEMS), fault=_fault),
    )


def _fault(line: bytes, number: int) -> str | None:
    """Compare a line with the item that it is; of one that was added, look at its id."""
    if len(line) > MOST:
        return f"{len(line):,} bytes where an item was expected"
    item = json.loads(line)
    if number in ITEMS:
        found, wanted = (json.dumps(each, sort_keys=True) for each in (item, seeded(number)))
        return None if found == wanted else f"expected {wanted}, got {found:.120}"
    identity = item.get("id") if isinstance(item, dict) else None
    if type(identity) is not int or identity < number:
        return f"expected an item with id {number} or above, got {line[:120]!r}"
    return None
