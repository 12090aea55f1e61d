"""Statuses of a log or a HAR against those that the baseline answers."""

import pytest

from bench.errors import UsageError
from bench.facts.run import LoggedStatuses, OtherStatus
from bench.messages import other_statuses
from bench.run.before_load.logged_statuses import logged_statuses
from bench.workloads.recorded.answer import SeenAnswer
from bench.workloads.recorded.marks import Marks
from bench.workloads.requests.plain_request import PlainRequest


def compared(*statuses: tuple[int | None, int]) -> LoggedStatuses | None:
    """Compare requests of these statuses, each as the log has it and as it came."""
    requests = [PlainRequest(f"/{n}", logged=logged) for n, (logged, _) in enumerate(statuses)]
    marks = Marks("http://h", "h")
    answers = [SeenAnswer(came, {}, frozenset(), b"", marks) for _, came in statuses]
    return logged_statuses("access", "uvicorn", requests, answers)


def test_all_as_in_the_log() -> None:
    """An error that the log has is no difference, nor is what it does not say."""
    assert compared((200, 200), (404, 404), (None, 500)) is None


def test_what_is_answered_otherwise_is_counted() -> None:
    """By both statuses, the commonest first."""
    found = compared((200, 404), (200, 404), (404, 200), *[(200, 200)] * 5)
    assert found == LoggedStatuses(
        "access", "uvicorn", (OtherStatus(200, 404, 2), OtherStatus(404, 200, 1)), 8
    )
    assert other_statuses(found) == (
        "The file of workload 'access' has other statuses than were answered: 200 where uvicorn "
        "answered 404 (2 of 8 different requests); 404 where uvicorn answered 200 (1 of 8 "
        "different requests). Right is what uvicorn answered."
    )


@pytest.mark.parametrize(
    ("status", "advice"), [(404, "was it recorded of this app?"), (401, "do they need a --header")]
)
def test_a_log_of_another_app_is_refused(status: int, advice: str) -> None:
    """Where most of what is sent fails, and did not when it was logged."""
    with pytest.raises(UsageError) as refused:
        compared((200, status), (200, status), (200, 200))
    assert str(refused.value).startswith(
        "67% of the requests of workload 'access' are answered with an error under uvicorn where "
        "its file has none"
    )
    assert advice in str(refused.value)
