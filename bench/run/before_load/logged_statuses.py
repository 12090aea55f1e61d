"""Whether requests of an access log or a HAR are answered as the file says that they were."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from bench.errors import UsageError
from bench.facts.run import LoggedStatuses, OtherStatus
from bench.workloads.recorded.answer import SeenAnswer
from bench.workloads.requests.plain_request import PlainRequest

_ERROR: Final = 400
_MOST_FAILING: Final = 0.5
"""Of what is sent, that may be answered with an error where the file has none."""
_AUTH: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def logged_statuses(
    workload: str, server: str, requests: Sequence[PlainRequest], answers: Sequence[SeenAnswer]
) -> LoggedStatuses | None:
    """What is answered with another status than the file has; None: nothing.

    Raises UsageError where most of what is sent fails, and did not when it was logged.
    """
    found: Counter[tuple[int, int]] = Counter()
    failing: list[tuple[PlainRequest, int]] = []
    for request, answer in zip(requests, answers, strict=True):
        if request.logged is None or answer.status == request.logged:
            continue
        found[request.logged, answer.status] += 1
        if answer.status >= _ERROR > request.logged:
            failing.append((request, answer.status))
    _refuse_mostly_failing(workload, server, requests, failing)
    if not found:
        return None
    others = tuple(OtherStatus(*statuses, count) for statuses, count in found.most_common())
    return LoggedStatuses(workload, server, others, len(requests))


def _refuse_mostly_failing(
    workload: str,
    server: str,
    requests: Sequence[PlainRequest],
    failing: Sequence[tuple[PlainRequest, int]],
) -> None:
    share = sum(each.weight for each, _ in failing) / sum(each.weight for each in requests)
    if share <= _MOST_FAILING:
        return
    first, status = max(failing, key=lambda each: each[0].weight)
    advice = (
        "do they need a --header, as 'Authorization: Bearer ...'?"
        if status in _AUTH
        else "was it recorded of this app?"
    )
    raise UsageError(
        f"{share:.0%} of the requests of workload '{workload}' are answered with an error under "
        f"{server} where its file has none ({first.shown}: {status}, recorded {first.logged}): "
        f"{advice}"
    )
