"""A run with the requests of the app's own OpenAPI document."""

import json
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.slice import Outcome
from bench.run.before_load.right_answers import FILE
from tests.end_to_end.program import bench

APP = '''
import json

DOCUMENT = """
openapi: 3.0.3
paths:
  /teas: {get: {}, post: {requestBody: {content: {application/json: {schema:
    {type: object, required: [name], properties: {name: {type: string}}}}}}}}
  /teas/{id}:
    parameters: [{name: id, in: path, required: true}]
    get: {}
    delete: {}
  /broken: {get: {}}
"""
teas = {"assam": {"id": "assam"}}

def answer(method, path, body):
    name = path.removeprefix("/teas/")
    if path == "/api/schema/":
        return 200, DOCUMENT.encode()
    if path == "/teas" and method == "GET":
        return 200, json.dumps([*teas.values()]).encode()
    if path == "/teas":
        made = json.loads(body) | {"id": f"tea-{len(teas)}"}
        teas[made["id"]] = made
        return 201, json.dumps(made).encode()
    if name not in teas:
        return 404, b"{}"
    if method == "DELETE":
        del teas[name]
        return 204, b""
    return 200, json.dumps(teas[name]).encode()

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    body = (await receive())["body"]
    status, text = answer(scope["method"], scope["path"], body)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
'''


@pytest.mark.long
def test_requests_of_the_app_s_own_document(tmp_path: Path) -> None:
    """Found where the app has it; an id that the list has is asked for, under both servers."""
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    (tmp_path / "none.txt").write_text("", encoding="utf-8")
    done = bench(
        "run", "--app", "main:app", "--openapi", "--writes", "--servers", "uvicorn,hypercorn",
        "--no-selftest", "--not-against-itself", "--rate", "100", "--rounds", "1", "--budget", "9s",
        "--format", "md,csv", "--requirements", "none.txt", "--out", "run", cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "3 requests, 2 left out: /broken (404 Not Found at /broken)" in done.stderr
    assert "DELETE /teas/{id} (it can be sent only once: 204, then 404)" in done.stderr
    said = "Requests of workload 'openapi': 3 requests, 2 left out: /broken (404 Not Found at"
    assert said in (tmp_path / "run" / "report.md").read_text("utf-8")
    record = json.loads((tmp_path / "run" / FILE).read_bytes())
    assert [(each["request"], each["status"]) for each in record["workloads"]["openapi"]] == [
        ("GET /teas", 200), ("GET /teas/assam", 200), ("POST /teas", 201),
    ]  # fmt: skip
    slices = journal.read(tmp_path / "run").slices
    assert {one.cell.profile for one in slices} == {"uvicorn", "hypercorn"}
    assert all(set(one.outcomes) == {Outcome.OK} for one in slices)
