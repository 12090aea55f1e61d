"""What workloads can say, by the examples of docs/workloads.md, under a real server."""

from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.load import Mode
from bench.facts.slice import Outcome
from tests.end_to_end.program import bench
from tests.workloads.examples import example

APP = """
import itertools
import secrets

from fastapi import FastAPI, Header, HTTPException

app = FastAPI()
emails, tokens, items, numbers = set(), set(), {}, itertools.count(1)

@app.get("/users/{user}")
async def user(user: int):
    return {"id": user}

@app.post("/users", status_code=201)
async def sign_up(new: dict):
    if new["email"] in emails:
        raise HTTPException(409, "taken")
    emails.add(new["email"])
    return new

@app.post("/login")
async def login(who: dict):
    tokens.add(token := secrets.token_hex())
    return {"token": token}

@app.post("/items", status_code=201)
async def make(item: dict, authorization: str = Header("")):
    if authorization and authorization.removeprefix("Bearer ") not in tokens:
        raise HTTPException(401)
    items[number := next(numbers)] = item
    return {"id": number}

@app.get("/items/{number}")
async def read(number: int):
    if number not in items:
        raise HTTPException(404)
    return items[number]
"""
ANEW = """
import uuid
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    for _ in range(100):
        request = httpx.Request("POST", base_url.join("/users"), json={"email": uuid.uuid4().hex})
        yield Exchange(request, Checked(lambda r: None, status=201))
"""


@pytest.mark.long
def test_what_the_page_of_workloads_shows_is_measured(tmp_path: Path) -> None:
    """10,000 ids, sign-ups that are made again in two ways, a session, and one that asks first.

    Every answer is right: no e-mail is sent twice, and every token and id are those of the server.
    """
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    ids = "\n".join(map(str, range(10_000)))
    (tmp_path / "ids.csv").write_text(f"id\n{ids}\n", encoding="utf-8")
    texts = {
        "many": example("ids.csv"),
        "number": example("def exchange("),
        "again": ANEW,
        "session": example("def sequence("),
        "asking": example("raise_for_status"),
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    workloads = [word for name in texts for word in ("--workload", f"{name}.py")]

    done = bench(
        "run", "--app", "main:app", "--tests", "none", *workloads, "--servers", "uvicorn",
        "--rounds", "1", "--budget", "20s", "--ready", "/users/1", "--no-selftest",
        "--not-against-itself", "--out", "run", cwd=tmp_path, limit_s=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    facts = journal.read(tmp_path / "run")
    measured = {(Path(one.cell.workload).stem, one.cell.load.mode) for one in facts.slices}
    assert measured == {(name, mode) for name in texts for mode in Mode}
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}
    report = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert "session over 32 connections, think time " in report
    assert "ms of think time on average" in report
