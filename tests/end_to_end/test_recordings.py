"""What browsers have recorded, and editors have, sent to real servers; no secret is in any file."""

import base64
import json
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.run import OtherStatus
from bench.facts.slice import Outcome
from tests.end_to_end.program import bench
from tests.end_to_end.requested import SHORT, contents, outcomes
from tests.workloads.requests.hars import entry, written

SECRETS = {
    "authorization": "s3cr3t-of-a-header", "cookie": "s3cr3t-of-a-cookie",
    "query": "s3cr3t-of-a-query", "body": "s3cr3t-of-a-body", "form": "s3cr3t-of-a-form",
}  # fmt: skip
APP = """
import json

deleted = []

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    headers.pop("host")
    status = 404 if scope["path"] == "/static/a.css" else 200
    if scope["method"] == "DELETE":
        status = 404 if deleted else 204
        deleted.append(scope["path"])
    answer = {"path": scope["path"], "query": scope["query_string"].decode(), "you": headers,
              "sent": body.decode(errors="replace")}
    await send({"type": "http.response.start", "status": status,
                "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of one file, which needs nothing and answers with all that it is sent."""
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    (tmp_path / "none.txt").write_text("", encoding="utf-8")
    return tmp_path


def without_secrets(run: Path, said: str) -> None:
    """Nothing of it repeats what was sent, though the app does."""
    for name, secret in SECRETS.items():
        assert secret not in said, name
        assert [path for path, text in contents(run) if secret.encode() in text] == []


@pytest.mark.long
def test_a_har(folder: Path) -> None:
    """One host's requests are sent and answered rightly; what differs from the HAR is noted."""
    shop = "https://shop.test"
    encoded = base64.b64encode(f'{{"password": "{SECRETS["body"]}"}}'.encode()).decode()
    fields = {"token": SECRETS["form"], "album": "summer"}
    params = [{"name": name, "value": value} for name, value in fields.items()]
    form = {"mimeType": "multipart/form-data", "params": params}
    written(
        folder,
        entry(f"{shop}/", headers={":authority": "shop.test", "Accept-Encoding": "gzip, br"}),
        entry(f"{shop}/", headers={":authority": "shop.test", "Accept-Encoding": "gzip, br"}),
        entry(f"{shop}/me?api_key={SECRETS['query']}", headers={
            "Authorization": f"Bearer {SECRETS['authorization']}",
            "Cookie": f"theme=dark; sid={SECRETS['cookie']}"}),
        entry(f"{shop}/login", "POST", postData={
            "mimeType": "application/json", "text": encoded, "encoding": "base64"}),
        entry(f"{shop}/photos", "POST", postData=form),
        entry(f"{shop}/static/a.css", media="text/css"),
        entry(f"{shop}/items/1", "DELETE", 204),
        *(entry(f"https://cdn.test/{n}.png", media="image/png") for n in range(9)),
        entry("wss://shop.test/ws", status=101),
    )  # fmt: skip
    done = bench(
        "run", "--app", "main:app", "--har", "shop.har", "--servers", "uvicorn,hypercorn", *SHORT,
        "--budget", "10s", "--out", "run", cwd=folder,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    run = folder / "run"
    assert outcomes(run) == {
        ("uvicorn", "shop"): {Outcome.OK},
        ("hypercorn", "shop"): {Outcome.OK},
    }
    assert "7 of 17 entries are sent, those of shop.test" in done.stderr
    assert "left out: 9 of cdn.test, 1 of WebSockets" in done.stderr
    assert "1 left out: DELETE /items/1 (answered with 204, then 404, then 204)" in done.stderr
    (statuses,) = journal.read(run).logged_statuses
    assert statuses.others == (OtherStatus(200, 404, 1),)
    assert "200 where uvicorn answered 404 (1 of 6" in (run / "report.md").read_text("utf-8")
    report = (run / "report.md").read_text("utf-8")
    assert "7 of 17 entries are sent, those of shop.test" in report
    assert "1 left out: DELETE /items/1 (answered with 204, then 404" in report
    answers = json.loads((run / "recorded_answers.json").read_bytes())["workloads"]["shop"]
    assert [each["request"] for each in answers] == [
        "GET /", "GET /me?api_key=***", "POST /login", "POST /photos", "GET /static/a.css",
    ]  # fmt: skip
    without_secrets(run, done.stdout + done.stderr)


@pytest.mark.long
def test_a_file_of_an_editor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its requests are sent, with values of the environment that are in no file afterwards."""
    monkeypatch.setenv("SHOP_KEY", SECRETS["form"])
    (folder / "shop.http").write_text(
        "@base = {{host}}/v1\n@key = {{$processEnv SHOP_KEY}}\n\n"
        f"### all\nGET {{{{host}}}}/items?token={SECRETS['query']}\n"
        f"Authorization: Bearer {SECRETS['authorization']}\nCookie: sid={SECRETS['cookie']}\n\n"
        "> {% client.test('ok', () => {}) %}\n"
        "### one\nPOST http://shop.test/login/{{key}}\nContent-Type: application/json\n\n"
        f'{{"password": "{SECRETS["body"]}"}}\n',
        encoding="utf-8",
    )
    done = bench(
        "run", "--app", "main:app", "--http-file", "shop.http", "--servers", "uvicorn", *SHORT,
        "--out", "run", cwd=folder,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    run = folder / "run"
    assert outcomes(run) == {("uvicorn", "shop"): {Outcome.OK}}
    assert "scripts are not run: line 9" in done.stderr
    assert "scripts are not run: line 9" in (run / "report.md").read_text("utf-8")
    answers = json.loads((run / "recorded_answers.json").read_bytes())["workloads"]["shop"]
    assert [each["request"] for each in answers] == ["GET /items?token=***", "POST /login/***"]
    without_secrets(run, done.stdout + done.stderr)
