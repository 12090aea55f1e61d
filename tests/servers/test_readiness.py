"""What a right answer is, and whose."""

import pytest

from servers.readiness import AnswerReadiness, HealthReadiness


@pytest.mark.parametrize(
    ("status", "body", "pid"),
    [
        (200, b'{"status": "ok", "pid": 12}', 12),
        (503, b'{"status": "ok", "pid": 12}', 12),
        (200, b'{"status": "starting", "pid": 12}', None),
        (200, b'{"status": "ok"}', None),
        (200, b'{"status": "ok", "pid": "12"}', None),
        (200, b"[]", None),
        (200, b"\xff", None),
    ],
)
def test_health(status: int, body: bytes, pid: int | None) -> None:
    """Right is 200, ok, and signed with a pid."""
    readiness = HealthReadiness()
    assert pid == readiness.pid(body)
    assert readiness.check(status, body) is (status == 200 and pid is not None)


def test_answer() -> None:
    """Any body will do; who answered it does not tell."""
    readiness = AnswerReadiness("/ready", 204)
    assert readiness.check(204, b"")
    assert not readiness.check(200, b"")
    assert readiness.pid(b'{"status": "ok", "pid": 12}') is None
