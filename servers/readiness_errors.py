"""What is said of a server that is not ready: what was asked, what came, and what to do."""

from collections.abc import Sequence

from servers.logs import last_said, what_it_says
from servers.probe import CLOSED, NO_TLS, ProbeAnswer
from servers.readiness import ReadinessWait
from servers.wait_limit import Patience

_REQUEST = "the workload's first GET"
_HINTS = {
    400: f"let {_REQUEST} have the Host and whatever else the app wants",
    401: f"let {_REQUEST} have the headers that the app wants, or name a free path by --ready",
    403: f"let {_REQUEST} have the headers that the app wants, or name a free path by --ready",
    404: f"let {_REQUEST} ask for what is there, or name a path that is by --ready",
    422: f"let {_REQUEST} have all that the app wants, or name another path by --ready",
}
_MOVED = f"let {_REQUEST} ask for where it is sent to: redirects are not followed"
_FAULT = "the app fails: its log comes first"
_OTHER = f"if that is right, let {_REQUEST} expect it; else name another path by --ready"
_REDIRECTS = range(300, 400)
_FAULTS = range(500, 600)


def waits(waiting: ReadinessWait, patience: Patience, lines: Sequence[str]) -> str:
    """Say what is waited for, where it has taken long already."""
    return (
        f"not ready after {patience.after_s:g} s, waiting for up to {patience.limit_s:g} s "
        "(--start-timeout): "
        f"asked {waiting.readiness.question}, last seen: {waiting.last_seen}; "
        f"{last_said(lines)}"
    )


def late(waiting: ReadinessWait, limit_s: float, workers: int, lines: Sequence[str]) -> str:
    """Say why a server was given up after all the time that it had."""
    of = f" of {workers} workers" if workers > 1 else ""
    return (
        f"was not ready within {limit_s:g} s: asked {waiting.readiness.question}{of}, last seen: "
        f"{waiting.last_seen}; {what_it_says(lines)}; give it longer by --start-timeout, or name "
        f"another path to ask by --ready{_other_protocol(waiting)}"
    )


def wrong(waiting: ReadinessWait, answer: ProbeAnswer) -> str:
    """Say which wrong answer comes again and again."""
    return (
        f"answers {answer} where {waiting.readiness.expected} was expected, steadily for 2 s: "
        f"asked {waiting.readiness.question}; {_hint(answer.status)}"
    )


def _other_protocol(waiting: ReadinessWait) -> str:
    """Say what might be, where the bytes that came are not those of the protocol."""
    if waiting.address.tls is None and waiting.last_seen == CLOSED:
        return "; if it speaks TLS, add 'tls = true' to its profile"
    if waiting.address.tls is not None and waiting.last_seen.startswith(NO_TLS):
        return "; if it does not speak TLS, add 'tls = false' to its profile"
    return ""


def _hint(status: int) -> str:
    if status in _REDIRECTS:
        return _MOVED
    return _FAULT if status in _FAULTS else _HINTS.get(status, _OTHER)
