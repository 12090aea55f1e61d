"""By which request an app of the user's own is seen to be ready, and by which answer."""

from typing import Final

import httpx

from bench.errors import UsageError
from bench.load.scripts.message_script import UPGRADED
from bench.load.scripts.user_code import NOWHERE, tried
from bench.workloads.loading import Source
from bench.workloads.requests.request_set import RequestSet
from servers.asking.readiness_request import Header, Question
from servers.readiness import AnswerReadiness

_NOWHERE: Final = httpx.URL(NOWHERE).netloc
_ANYTHING: Final = httpx.Request("GET", NOWHERE)  # where the workload must ask the server first
_OF_A_BODY: Final = b"content-"  # how headers begin that describe one


def readiness(workload: Source, path: str | None) -> AnswerReadiness:
    """What the workload's first GET asks, with its headers, and the status that it expects.

    `path`, of --ready, is asked instead, with the same headers, and answered by 200. Without it
    and a GET, one goes to where the first request would: that itself may change what is measured.
    Then anything below 500 will do, and so it will where the GET comes after others, on which its
    answer may depend, or asks for a WebSocket. Raises UsageError for a path that is none.
    """
    if path is not None and not (path.startswith("/") and path.isascii() and path.isprintable()
                                 and " " not in path):  # fmt: skip
        raise UsageError(
            f"--ready '{path}' is not a path: write it like /health, with spaces as %20"
        )
    exchanges = tried(workload)
    first = exchanges[0].request if exchanges else _ANYTHING
    if path is not None:
        return AnswerReadiness(Question(path, _headers(first, body=False)))
    got = next((exchange for exchange in exchanges if exchange.request.method == "GET"), None)
    if got is None:
        return AnswerReadiness(Question(_path(first), _headers(first, body=False)), None)
    if isinstance(workload, RequestSet):  # whose right answers are not known yet
        return AnswerReadiness(_asked(got.request), None)
    status = got.answer.status if got is exchanges[0] else None
    return AnswerReadiness(_asked(got.request), None if status == UPGRADED else status)


def readiness_note(asked: AnswerReadiness, source: Source | None = None) -> str | None:
    """Say by what a server is seen to be ready, where the workload does not say."""
    if asked.status is not None:
        return None
    if isinstance(source, RequestSet) and any(each.method == "GET" for each in source.requests):
        return None
    return (
        "the workload does not begin with a GET: a server counts as ready once it responds to "
        f"{asked.question} with a status below 500; name a path that responds with 200 with "
        "--ready PATH"
    )


def _asked(request: httpx.Request) -> Question:
    return Question(_path(request), _headers(request, body=True), request.read())


def _path(request: httpx.Request) -> str:
    return request.url.raw_path.decode("ascii")


def _headers(request: httpx.Request, *, body: bool) -> tuple[Header, ...]:
    """All but what differs from connection to connection; Host only where the workload names it."""
    return tuple(
        (name, value)
        for name, value in request.headers.raw
        if (name.lower(), value) != (b"host", _NOWHERE)
        and (body or not name.lower().startswith(_OF_A_BODY))
    )
