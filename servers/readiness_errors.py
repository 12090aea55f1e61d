"""Messages about a server that is not ready: what was asked, what came, what to do."""

from collections.abc import Sequence

from servers.asking.probe import NO_TLS
from servers.asking.probe_answer import CLOSED, ProbeAnswer
from servers.logs import last_said, what_it_says
from servers.readiness import ReadinessWait
from servers.wait_limit import Patience

_REQUEST = "the workload's first GET"
_HINTS = {
    400: f"give {_REQUEST} the Host header and whatever else the app requires",
    401: f"give {_REQUEST} the headers that the app requires, or name a public path with --ready",
    403: f"give {_REQUEST} the headers that the app requires, or name a public path with --ready",
    404: f"make {_REQUEST} ask for a path that exists, or name one with --ready",
    422: f"make {_REQUEST} send what the app requires, or name another path with --ready",
}
_MOVED = f"make {_REQUEST} ask for the redirect's target: redirects are not followed"
_FAULT = "the app fails: read its log first"
_OTHER = f"if that is correct, make {_REQUEST} expect it; otherwise name another path with --ready"
_REDIRECTS = range(300, 400)
_FAULTS = range(500, 600)


def waits(waiting: ReadinessWait, patience: Patience, lines: Sequence[str]) -> str:
    """Say what is waited for, once it takes long."""
    return (
        f"not ready after {patience.after_s:g} s, waiting up to {patience.limit_s:g} s "
        "(--start-timeout): "
        f"asked {waiting.readiness.question}, last seen: {waiting.last_seen}; "
        f"{last_said(lines)}"
    )


def late(waiting: ReadinessWait, limit_s: float, workers: int, lines: Sequence[str]) -> str:
    """Say why a server was given up when its time was over."""
    of = f" of {workers} workers" if workers > 1 else ""
    return (
        f"was not ready within {limit_s:g} s: asked {waiting.readiness.question}{of}, last seen: "
        f"{waiting.last_seen}; {what_it_says(lines)}; allow more time with --start-timeout, or "
        f"name another path with --ready{_other_protocol(waiting)}"
    )


def wrong(waiting: ReadinessWait, answer: ProbeAnswer) -> str:
    """Say which wrong answer keeps coming."""
    return (
        f"answers {answer} where {waiting.readiness.expected} was expected, steadily for 2 s: "
        f"asked {waiting.readiness.question}; {_hint(answer.status)}"
    )


def _other_protocol(waiting: ReadinessWait) -> str:
    """Suggest TLS, or none, where the bytes that came are not of the expected protocol."""
    if waiting.address.tls is None and waiting.last_seen == CLOSED:
        return "; if it speaks TLS, add 'tls = true' to its profile"
    if waiting.address.tls is not None and waiting.last_seen.startswith(NO_TLS):
        return "; if it does not speak TLS, add 'tls = false' to its profile"
    return ""


def _hint(status: int) -> str:
    if status in _REDIRECTS:
        return _MOVED
    return _FAULT if status in _FAULTS else _HINTS.get(status, _OTHER)
