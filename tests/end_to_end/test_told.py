"""What is told of apps as they are: WSGI alone, one that refuses, one that needs its startup."""

import json
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.slice import DoubtKind, Outcome
from tests.end_to_end.program import bench

LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/quote"))
    yield Exchange(request, Checked(lambda r: None if r.text == "3" else "no price"))
"""
WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1")])
    return [b"3"]
"""
ASGI = """
import itertools

ready = False
number = itertools.count()

async def app(scope, receive, send):
    global ready
    if scope["type"] == "lifespan":
        await receive()
        ready = True
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    limited = next(number) % 500 == 499
    status = 429 if limited else 200 if ready else 503
    body = b'{"detail": "slow down"}' if limited else b"3" if ready else b"not ready"
    length = b"%d" % len(body)
    await send({"type": "http.response.start", "status": status,
                "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})
"""
SHORT = ("--tests", "none", "--workload", "a load.py", "--rate", "100", "--rounds", "1",
         "--no-selftest", "--not-against-itself", "--requirements", "none.txt")  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with both apps, which need nothing, and what is asked of them."""
    for name, text in {
        "shop.py": WSGI, "limited.py": ASGI, "a load.py": LOAD, "none.txt": "",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.long
def test_an_app_that_is_wsgi_alone_is_measured_under_the_wsgi_servers(project: Path) -> None:
    """All of them, each right; gthread is the baseline, and sync closes each connection."""
    done = bench(
        "run", "--wsgi-app", "shop:app", *SHORT, "--budget", "20s", "--out", "out",
        cwd=project, limit_s=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    facts = journal.read(project / "out")
    assert facts.manifest.baseline == "gunicorn-gthread"
    assert {one.cell.profile for one in facts.slices if not one.warm_up} == {
        "cheroot", "granian-wsgi", "gunicorn-gthread", "gunicorn-sync", "uwsgi", "waitress",
    }  # fmt: skip
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}
    closing = {
        one.cell.profile
        for one in facts.slices
        for doubt in one.doubts
        if doubt.kind is DoubtKind.CONNECTIONS_LOST
    }
    assert "gunicorn-sync" in closing
    assert "gunicorn-gthread" not in closing


@pytest.mark.long
def test_what_came_in_place_of_right_answers_is_reported(project: Path) -> None:
    """On the terminal, the page and for programs; and which server could not start the app."""
    done = bench(
        "run", "--app", "limited:app", *SHORT, "--servers", "uvicorn,daphne", "--budget", "10s",
        "--out", "out", cwd=project, limit_s=300,
    )  # fmt: skip

    said = " ".join(done.stdout.split())
    example = 'GET /quote: 429 in place of 200: {"detail": "slow down"}'
    assert "with status 429; for example: GET /quote: 429 in place of 200:" in said
    assert "daphne runs no lifespan: if the app has a startup, it did not run" in said
    assert "a load at 100 requests/s" in said
    document = json.loads((project / "out" / "summary.json").read_text(encoding="utf-8"))
    failed = [
        each
        for section in document["sections"]
        for cell in section["cells"]
        for each in cell["failed"]
    ]
    assert {(each["status"], each["example"]) for each in failed} == {(429, example)}
    assert example in (project / "out" / "report.html").read_text().replace("&#34;", '"')
    charts = {path.name for path in (project / "out" / "charts").iterdir()}
    assert "latency-a_load.svg" in charts
    assert str(project) not in said.replace(str(project / "out"), "")
