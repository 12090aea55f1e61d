"""By which request an app of the user's own is seen to be ready."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.run.own_app.readiness import readiness, readiness_note

HEAD = """
import httpx
from bench.workload import Checked, Exchange

KEY = {"X-Api-Key": "k1"}
OK = Checked(lambda _: None)
GONE = Checked(lambda _: None, status=410)

def exchanges(base_url):
"""
AUTHORITY = "127.0.0.1:8000"


@pytest.fixture
def workload(tmp_path: Path) -> Callable[[str], str]:
    """Write a workload that yields so."""

    def write(lines: str) -> str:
        path = tmp_path / "load.py"
        path.write_text(HEAD + lines, encoding="utf-8")
        return str(path)

    return write


def test_the_first_get_is_asked_as_it_is_sent(workload: Callable[[str], str]) -> None:
    """With its Host and its key, its query, its body, and the status that is right."""
    found = readiness(
        workload(
            "    head = {**KEY, 'Host': 'shop.test'}\n"
            "    url = base_url.join('/b?c=d')\n"
            "    yield Exchange(httpx.Request('GET', url, headers=head, json=[1]), GONE)\n"
            "    yield Exchange(httpx.Request('POST', base_url.join('/a')), OK)\n"
        ),
        None,
    )
    sent = found.question.wire(AUTHORITY)
    assert sent.startswith(b"GET /b?c=d HTTP/1.1\r\n")
    assert b"\r\nHost: shop.test\r\n" in sent
    assert b"\r\nX-Api-Key: k1\r\n" in sent
    assert sent.endswith(b"\r\n\r\n[1]")
    assert (found.status, found.expected) == (410, "410")
    assert readiness_note(found) is None


def test_a_get_that_follows_others_may_depend_on_them(workload: Callable[[str], str]) -> None:
    """What it asks for is not there yet, so any answer but a fault will do."""
    found = readiness(
        workload(
            "    yield Exchange(httpx.Request('POST', base_url.join('/a')), OK)\n"
            "    yield Exchange(httpx.Request('GET', base_url.join('/a/1')), OK)\n"
        ),
        None,
    )
    assert str(found.question) == "GET /a/1"
    assert found.check(404, b"")
    assert readiness_note(found) is not None


def test_the_address_is_the_servers_where_no_host_is_named(workload: Callable[[str], str]) -> None:
    """The workload is written for any server."""
    found = readiness(workload("    yield Exchange(httpx.Request('GET', base_url), OK)\n"), None)
    assert b"\r\nHost: 127.0.0.1:8000\r\n" in found.question.wire(AUTHORITY)


def test_a_named_path_is_asked_with_the_workloads_headers(workload: Callable[[str], str]) -> None:
    """The app wants its key on every path; right is 200."""
    named = workload(
        "    request = httpx.Request('POST', base_url.join('/a'), headers=KEY, json={})\n"
        "    yield Exchange(request, GONE)\n"
    )
    found = readiness(named, "/health?deep=1")
    sent = found.question.wire(AUTHORITY)
    assert sent.startswith(b"GET /health?deep=1 HTTP/1.1\r\n")
    assert b"\r\nX-Api-Key: k1\r\n" in sent
    assert b"content-" not in sent.lower()
    assert found.status == 200


def test_without_a_get_nothing_is_sent_that_may_change_something(
    workload: Callable[[str], str],
) -> None:
    """A GET goes where the first request would, any answer but a fault will do, and it is said."""
    endless = workload(
        "    while True:\n"
        "        yield Exchange(httpx.Request('POST', base_url.join('/a'), json={}), OK)\n"
    )
    found = readiness(endless, None)
    assert found.question.wire(AUTHORITY).startswith(b"GET /a HTTP/1.1\r\n")
    assert found.check(405, b"")
    assert not found.check(500, b"")
    assert "once it responds to GET /a with a status below 500; name" in (
        readiness_note(found) or ""
    )


@pytest.mark.parametrize("path", ["health", "", "http://x/", "/a b", "/\x00", "/ä"])
def test_what_is_no_path_is_refused(workload: Callable[[str], str], path: str) -> None:
    """In one line."""
    named = workload("    yield Exchange(httpx.Request('GET', base_url), OK)\n")
    with pytest.raises(UsageError, match="is not a path: write it like /health"):
        readiness(named, path)


def test_where_a_websocket_is_any_answer_but_a_fault_will_do() -> None:
    """Its path is asked, without an upgrade, which is answered by a status that is no fault."""
    found = readiness("items_ws", None)
    assert found.question.wire(AUTHORITY).startswith(b"GET /items/ws HTTP/1.1\r\n")
    assert b"pgrade" not in found.question.wire(AUTHORITY)
    assert found.status is None
