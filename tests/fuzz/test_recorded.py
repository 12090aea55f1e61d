"""Answers of any bytes: each can be recorded, written, read and demanded, of itself too."""

import json

import httpx

from bench.workloads.recorded.answer import Demanded, SeenAnswer, from_json, recorded
from bench.workloads.recorded.changing import tells_time
from bench.workloads.requests.plain_request import PlainRequest
from tests.fuzz.trying import mutants

REQUEST = PlainRequest("/x")
MARKS = REQUEST.marks(httpx.URL("http://127.0.0.1:8000"))
BODIES = [
    b'{"a": [1, -2.5e3, null, true, "\\u00fc\\"", {"b": {}}], "at": "2026-11-29T10:00:00Z"}',
    b"<html>\n<p class='x'>http://127.0.0.1:8000/y 10:00:00</p>\n</html>\n",
    b"[" * 100 + b"]" * 100,
]


def response(body: bytes) -> httpx.Response:
    """An answer with this body."""
    return httpx.Response(200, headers={"content-type": "application/json"}, content=body)


def test_any_bytes() -> None:
    """What three answers have in common, all three of them have."""
    changes = tells_time(1_795_960_000.0)
    bodies = mutants(BODIES, 41)
    for three in zip(bodies, bodies[3:], bodies[6:], strict=False):
        found = recorded(
            "uvicorn", [SeenAnswer.of(response(each), MARKS) for each in three], changes
        )
        right = Demanded(from_json(json.loads(json.dumps(found.written))), MARKS)
        for each in three:
            assert right.fault(response(each)) is None, three
        for each in bodies[:20]:
            right.fault(response(each))
            right.accepts(each)
