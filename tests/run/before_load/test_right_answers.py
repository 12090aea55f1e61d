"""Right answers on record, as a run's folder has them, and requests that were found by asking."""

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bench.errors import HarnessError, UsageError
from bench.run.before_load.right_answers import (
    FILE,
    _check,
    _read,
    _Sent,
    _UnusableError,
    _written,
)
from bench.workloads.recorded.answer import RecordedAnswer, SeenAnswer
from bench.workloads.requests.given import request_sets
from bench.workloads.requests.openapi.reading import openapi
from bench.workloads.requests.options import RequestOptions
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet

ANSWER = RecordedAnswer("uvicorn", 200, {})
HEADER = ("X-Api-Key", "secret of a header")
BASE = httpx.URL("http://127.0.0.1:8001")
FOUND = (
    PlainRequest("/items/7", "GET", (HEADER,)),
    PlainRequest("/items", "POST", (HEADER, ("Content-Type", "application/json")), b'{"a":1}'),
)


def written(folder: Path, asked: RequestSet, found: RequestSet) -> Path:
    """A record of one workload."""
    path = folder / FILE
    path.write_bytes(_written({"load": found}, {"load": asked}))
    return path


def test_requests_that_were_found_are_sent_again(tmp_path: Path) -> None:
    """The same, with the headers that are named again and are not in the file."""
    asked = openapi("", [HEADER])
    found = replace(asked, requests=FOUND, answers=(ANSWER, ANSWER), left_out={"/x": "404"})
    path = written(tmp_path, asked, found)
    assert b"secret of" not in path.read_bytes()
    assert json.loads(path.read_bytes())["left_out"] == {"load": {"/x": "404"}}
    again = _read(path, {"load": asked})["load"]
    assert (again.requests, again.plan) == (FOUND, None)
    assert again.answers == (ANSWER, ANSWER)


@pytest.mark.parametrize(
    "request_",
    [
        PlainRequest("/x?token=abcdef"),
        PlainRequest("/x", "POST", (), b'{"password": "hunter2"}'),
        PlainRequest("/x", "GET", (("Cookie", "a=b"),)),
    ],
)
def test_a_secret_that_was_found_is_not_recorded(request_: PlainRequest, tmp_path: Path) -> None:
    """So the run cannot be resumed, which is said."""
    asked = openapi("")
    path = written(tmp_path, asked, replace(asked, requests=(request_,), answers=(ANSWER,)))
    assert not any(each in path.read_bytes() for each in (b"abcdef", b"hunter2", b"a=b"))
    with pytest.raises(UsageError, match="a request that was found by asking has a secret in it"):
        _read(path, {"load": asked})


def test_a_record_of_other_requests_is_damaged(tmp_path: Path) -> None:
    """What was named has to be what was recorded, all of it where nothing may be left out."""
    asked, *_ = request_sets(RequestOptions(paths=("/a",)))
    both = replace(asked, requests=(PlainRequest("/a"), PlainRequest("/b")))
    whole = replace(both, answers=(ANSWER, ANSWER))
    part = replace(both, requests=both.requests[1:], answers=(ANSWER,))
    assert _read(written(tmp_path, both, whole), {"load": both})["load"] == whole
    with pytest.raises(HarnessError, match="is damaged"):
        _read(written(tmp_path, both, whole), {"load": asked})
    path = written(tmp_path, both, part)
    with pytest.raises(HarnessError, match="is damaged"):
        _read(path, {"load": both})
    lenient = _read(path, {"load": replace(both, lenient=True)})["load"]
    assert lenient.requests == part.requests


def sent(request: PlainRequest, status: int, location: str) -> _Sent:
    """A request, and one answer to it."""
    response = httpx.Response(status, headers={"location": location}, request=request.to(BASE))
    return _Sent(request, lenient=False, answers=[SeenAnswer.of(response, request.marks(BASE))])


@pytest.mark.parametrize(
    ("location", "place", "advice"),
    [
        ("/items/", "/items/", "name that path"),
        (f"{BASE}/items/", "/items/", "name that path"),
        ("/login?token=abcdef", "/login?token=***", "where it is a login"),
        ("https://127.0.0.1:8001/items", "https:/", "X-Forwarded-Proto: https"),
    ],
)
def test_a_redirect_is_no_right_answer(location: str, place: str, advice: str) -> None:
    """What was meant has not run: where it leads is said, without secrets, and what to do."""
    with pytest.raises(_UnusableError, match=r"^307 Temporary Redirect to ") as refused:
        _check(sent(PlainRequest("/items"), 307, location))
    assert place in str(refused.value)
    assert advice in refused.value.advice
    assert "PATH -> 307" in refused.value.advice
    assert "abcdef" not in str(refused.value)


@pytest.mark.parametrize(
    "request_", [PlainRequest("/items", status=307), PlainRequest("/items", logged=200)]
)
def test_a_redirect_is_right_where_it_is_named_or_logged(request_: PlainRequest) -> None:
    """A list may ask for it; what a log has is compared elsewhere."""
    _check(sent(request_, 307, "/items/"))


def test_a_form_that_sends_on_when_it_is_done_is_right() -> None:
    """303 to a POST: see the result elsewhere."""
    _check(sent(PlainRequest("/items", "POST", (), b"a=1"), 303, "/items/7"))
