"""items_ws: items over a WebSocket, each of which comes back as it was sent, to the type."""

import json
from collections.abc import Callable

import httpx

from bench.workload import Message, WebSocket
from bench.workloads.token import bearer_header

MESSAGES = 100
MOST = 1000
"""Characters of an answer that are looked at: brackets take twenty times their size once parsed."""


def websocket(base_url: httpx.URL) -> WebSocket:
    """A hundred different items, all equally often."""
    items = [
        {"name": f"item {number}", "price": number + 0.25, "in_stock": number % 2 == 0}
        for number in range(MESSAGES)
    ]
    messages = [Message(json.dumps(item), _is(item)) for item in items]
    return WebSocket(base_url.join("/items/ws"), messages, headers=bearer_header())


def _is(item: dict[str, object]) -> Callable[[str | bytes], str | None]:
    """Make a check that a message is that item, in JSON, to the type of each field."""
    wanted = json.dumps(item, sort_keys=True)

    def check(message: str | bytes) -> str | None:
        if not isinstance(message, str):
            return f"expected text, got {len(message)} bytes"
        if len(message) > MOST or json.dumps(json.loads(message), sort_keys=True) != wanted:
            return f"expected {wanted}, got {message:.120}"
        return None

    return check
