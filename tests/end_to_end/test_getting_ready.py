"""Apps that answer only who has a key and the right Host, and that load something before."""

import csv
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.slice import Outcome
from tests.end_to_end.program import bench

MAIN = """
import time
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

@asynccontextmanager
async def lifespan(_):
    time.sleep(1.5)
    yield

app = FastAPI(lifespan=lifespan)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["ware.test"])

@app.middleware("http")
async def guard(request: Request, call_next):
    if request.headers.get("x-api-key") != "k1":
        return Response("no key", 403)
    return await call_next(request)

@app.get("/wares")
async def wares():
    return [1]
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    headers = {"Host": "ware.test", "X-Api-Key": "KEY"}
    yield Exchange(httpx.Request("GET", base_url.join("/wares"), headers=headers), Checked(print))
"""
OPTIONS = (
    "--app", "main:app", "--tests", "none", "--workload", "load.py", "--servers", "uvicorn",
    "--no-selftest", "--not-against-itself", "--rate", "100", "--rounds", "2", "--budget", "8s",
    "--out", "run",
)  # fmt: skip


@pytest.fixture
def wares(tmp_path: Path) -> Path:
    """A project with such an app, and a workload whose key is still to be put in."""
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    return tmp_path


@pytest.mark.long
def test_an_app_behind_a_host_and_a_key_is_measured(wares: Path) -> None:
    """Readiness asks what the workload asks; start-up is what the app takes to load."""
    (wares / "load.py").write_text(LOAD.replace("KEY", "k1"), encoding="utf-8")
    done = bench("run", *OPTIONS, cwd=wares)
    assert done.returncode == 0, done.stderr
    facts = journal.read(wares / "run")
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}
    with (wares / "run" / "summary.csv").open(encoding="utf-8") as file:
        assert all(float(row["startup_ms"]) >= 1500 for row in csv.DictReader(file))


@pytest.mark.long
def test_a_wrong_key_is_told_at_once_and_not_tried_in_each_round(wares: Path) -> None:
    """With what was asked, what came, and what to do."""
    (wares / "load.py").write_text(LOAD.replace("KEY", "k2"), encoding="utf-8")
    done = bench("run", *OPTIONS, cwd=wares)
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stderr.split())
    assert (
        "uvicorn: answers 403 ('no key') where 200 was expected, steadily for 2 s: asked GET "
        "/wares with Host: ware.test, X-Api-Key: ***; give the workload's first GET the headers"
    ) in said
    assert "k2" not in said
    assert len(journal.read(wares / "run").drains) == 1
