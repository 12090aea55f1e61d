"""An app that ends each connection after its answer, for ASGI servers and for WSGI servers.

It is run by servers, in their environments.
"""

from collections.abc import Callable, Iterable
from typing import Any

from bench.proof.reference.apps.row_app import BODY, HEADERS, Message, Receive, Send, answer, live


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer, and ask the server to close."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    else:
        await answer(send, ("connection", "close"))


def application(
    _environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer; a WSGI app may say nothing of connections, which its server closes by itself."""
    start_response("200 OK", list(HEADERS))
    return [BODY]
