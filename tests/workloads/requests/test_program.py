"""A workload file that is written sends what was named, and has no secret in it."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from bench.workload import Checked, Exchange
from bench.workloads.loading import load_workload
from bench.workloads.recorded.answer import RecordedAnswer, SeenAnswer, recorded
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.program import program
from bench.workloads.requests.request_set import RequestSet

BASE = httpx.URL("http://127.0.0.1:8000")
JSON = ("Content-Type", "application/json")
REQUESTS = [
    PlainRequest("/prices/7"),
    PlainRequest("/x?a=%20b&c[]=1|2%7C", weight=2.5),
    PlainRequest("//twice//slashed/../x", weight=3),
    PlainRequest("/?q='\"{braces}\\n", "HEAD", status=404),
    PlainRequest("/json", "POST", (JSON,), '{"a":[1,2.5,null,"\u00fc\'\\""],"b":{"{":0}}'.encode()),
    PlainRequest("/json", "POST", (JSON,), b'{"twice": 1, "twice": 2}'),
    PlainRequest("/json", "POST", (JSON,), b'{"long":"' + b"word " * 40 + b'"}'),
    PlainRequest("/json", "POST", (JSON,), b"7"),
    PlainRequest("/bytes", "PUT", (("Content-Type", "image/png"),), b"\x89PNG\r\n\0'\""),
    PlainRequest("/text", "PATCH", (("X-A", "1"), ("x-a", "2")), "d\u00fcrf{en}\n".encode()),
]  # fmt: skip
SECRET = [
    PlainRequest("/x?b=1&token=s3cr3t-one&c=2", "GET", (("Authorization", "Bearer s3cr3t-two"),)),
    PlainRequest("/in", "POST", (JSON,), b'{"user":"ann","deep":[{"password":"s3cr3t-three"}]}'),
    PlainRequest("/in", "POST", (), b"user={ann}&password=s3cr3t-four&x=%7B"),
    PlainRequest("/x?token=s3cr3t-five"),
    PlainRequest("/text", "POST", (), b'not json: "password": "s3cr3t-six" {x}'),
    PlainRequest("/a/s3cr3t-seven/b", "POST", (JSON, ("X-A", "a{s3cr3t-seven")),
                 b'{"a":["s3cr3t-seven"]}', secrets=("s3cr3t-seven",)),
    PlainRequest("/form", "POST", (), b'--x\r\nA: b; name="token"\r\n\r\ns3cr3t-eight\r\n--x--'),
]  # fmt: skip
VARIABLE = re.compile(r'^(WORKLOAD_\w+) = secret\("\1"\)$', re.MULTILINE)


def exchanges(folder: Path, text: str) -> Sequence[Exchange]:
    """What the file sends."""
    path = folder / f"load{abs(hash(text))}.py"
    path.write_text(text, encoding="utf-8")
    return list(load_workload(str(path)).function(BASE))


def content(request: httpx.Request) -> object:
    """What tells a request from others."""
    headers = sorted((name.lower(), value) for name, value in request.headers.raw)
    return request.method, request.url.raw_path, request.url.netloc, headers, request.read()


def fault(exchange: Exchange, body: bytes) -> str | None:
    """What is wrong with a body."""
    answer = exchange.answer
    assert isinstance(answer, Checked)
    return answer.fault(httpx.Response(answer.status, content=body))


def answered(*bodies: bytes, status: int = 200) -> RecordedAnswer:
    """What answers have in common."""
    marks = PlainRequest("/x").marks(BASE)
    every = [SeenAnswer.of(httpx.Response(status, content=body), marks) for body in bodies]
    return recorded("uvicorn", every, lambda _: False)


def test_it_sends_what_was_named(tmp_path: Path) -> None:
    """Method, path, headers and body; status and weight."""
    text = program([RequestSet(source="it", requests=tuple(REQUESTS))], "me\n'''")
    found = exchanges(tmp_path, text)
    assert [content(each.request) for each in found] == [
        content(each.to(BASE)) for each in REQUESTS
    ]
    assert [each.weight for each in found] == [each.weight for each in REQUESTS]
    assert [each.answer.status for each in found] == [each.status or 200 for each in REQUESTS]
    assert "os" not in text.split()


def test_secrets_are_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in a variable of its own; without it, the file says which."""
    text = program([RequestSet(source="it", requests=tuple(SECRET))], "me")
    assert "s3cr3t" not in text
    names = VARIABLE.findall(text)
    assert names == [
        "WORKLOAD_TOKEN", "WORKLOAD_AUTHORIZATION", "WORKLOAD_PASSWORD", "WORKLOAD_PASSWORD_2",
        "WORKLOAD_TOKEN_2", "WORKLOAD_PASSWORD_3", "WORKLOAD_SECRET", "WORKLOAD_TOKEN_3",
    ]  # fmt: skip
    with pytest.raises(Exception, match="set WORKLOAD_TOKEN in the environment first"):
        exchanges(tmp_path, text)
    numbers = ("one", "two", "three", "four", "five", "six", "seven", "eight")
    for name, number in zip(names, numbers, strict=True):
        bearer = "Bearer " if name == "WORKLOAD_AUTHORIZATION" else ""
        monkeypatch.setitem(os.environ, name, f"{bearer}s3cr3t-{number}")
    found = exchanges(tmp_path, text)
    assert [content(each.request) for each in found] == [content(each.to(BASE)) for each in SECRET]


@pytest.mark.parametrize(
    ("answer", "right", "wrong"),
    [
        (answered(b'{"p": 7.50}', status=201), b'{"p": 7.50}', b'{"p": 7.5}'),
        (answered(b"x" * 5000), b"y" * 5000, b"x" * 4999),
        (answered(b"\xff\0"), b"\xff\1", b"\xff"),
        (answered(b'{"id": 1, "n": "a"}', b'{"id": 2, "n": "a"}'), b'{"n": 1, "id": 0}', b"{}"),
        (answered(b"[1]", b"[2]"), b"anything", None),
        (answered(b"word " * 30 + b"\n"), b"word " * 30 + b"\n", b"word " * 30),
    ],
)
def test_it_demands_what_was_answered(
    answer: RecordedAnswer, right: bytes, wrong: bytes | None, tmp_path: Path
) -> None:
    """The body where it is always the same; else the names of its fields."""
    asked = RequestSet(source="it", requests=(PlainRequest("/x"),), answers=(answer,))
    (found,) = exchanges(tmp_path, program([asked], "me"))
    assert found.answer.status == answer.status
    assert fault(found, right) is None
    if wrong is not None:
        assert fault(found, wrong)


def test_what_only_the_server_knows_is_not_demanded(tmp_path: Path) -> None:
    """Its own address in an answer is that of the server that was asked."""
    body = b'{"self": "http://127.0.0.1:8000/x", "n": 1}'
    asked = RequestSet(source="it", requests=(PlainRequest("/x"),), answers=(answered(body),))
    text = program([asked], "me")
    assert "8000" not in text
    (found,) = exchanges(tmp_path, text)
    assert fault(found, body) is None
