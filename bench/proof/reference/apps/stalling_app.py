"""An ASGI app before another: it stands still, by a known rule, before it lets the other answer.

It sleeps in the event loop, as a blocking call would, so that nothing is answered meanwhile.
WEIGHBRIDGE_BEHIND names the other app, module:attribute; WEIGHBRIDGE_STALLS is the rule, see
`stall_rules` beside this; "never" where it is not set. It is run by servers, in their environments.
"""

import importlib
import os
import time
from functools import cache
from typing import Final

from bench.proof.reference.apps.row_app import AsgiApp, Message, Receive, Send
from bench.proof.reference.apps.stall_rules import Rule, rule

BEHIND: Final = "WEIGHBRIDGE_BEHIND"
STALLS: Final = "WEIGHBRIDGE_STALLS"


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Stand still if a stall is due, then let the other app answer."""
    if scope["type"] == "http":
        stall_s = _rule().stall_s(time.monotonic())
        if stall_s:
            time.sleep(stall_s)  # noqa: ASYNC251, TID251 - standing still is what it is for
    await _other()(scope, receive, send)


@cache
def _rule() -> Rule:
    return rule(os.environ.get(STALLS, "never"))


@cache
def _other() -> AsgiApp:
    module, _, attribute = os.environ[BEHIND].partition(":")
    found: AsgiApp = getattr(importlib.import_module(module), attribute)
    return found
