"""The workload of the lying server over WebSockets: a message, and its echo."""

from typing import Final

import httpx

from bench.workload import Message, WebSocket

_WORDS: Final = "known answer"


def websocket(base_url: httpx.URL) -> WebSocket:
    """One message, over a WebSocket at the path that names the lie."""
    return WebSocket(base_url.path, [Message(_WORDS, _WORDS)])
