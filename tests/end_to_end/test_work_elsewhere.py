"""Apps that work where no client sees it: after their answers, or in other processes."""

import csv
from pathlib import Path

import pytest

from bench import journal
from bench.domain import DoubtKind, Facts, Outcome, Verdict
from tests.end_to_end.program import measured

AFTER_MS, POOLED_MS = 4, 2
APP = """
import asyncio, json, os, time
from concurrent.futures import ProcessPoolExecutor

AFTER_MS, POOLED_MS = (int(os.environ.get(name, "0")) for name in ("AFTER_MS", "POOLED_MS"))
pool = ProcessPoolExecutor(2)


def burn(ms):
    end = time.thread_time_ns() + ms * 1_000_000
    while time.thread_time_ns() < end:
        pass


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    loaded = scope["path"] != "/health"
    if loaded and POOLED_MS:
        await asyncio.get_running_loop().run_in_executor(pool, burn, POOLED_MS)
    body = json.dumps({"status": "ok", "pid": os.getpid()}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    if loaded:
        burn(AFTER_MS)
"""
SERVER = """
name = "{name}"
title = "{name}"
interface = "asgi"
requires = ["uvicorn==0.54.0"]
argv = ["{{python}}", "-m", "uvicorn", "elsewhere:app", "--app-dir", "{{dir}}",
        "--host", "{{host}}", "--port", "{{port}}", "--log-level", "warning"]
env = {{ {env} }}
"""
PROFILES = {
    "plain": "",
    "after": f'AFTER_MS = "{AFTER_MS}"',
    "pooled": f'POOLED_MS = "{POOLED_MS}"',
}
LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/anything"))
    yield Exchange(request, Checked(lambda r: None if r.json()["status"] == "ok" else "not ok"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the same app three times: as it is, and working in either way."""
    here = tmp_path_factory.mktemp("elsewhere")
    (here / "elsewhere.py").write_text(APP, encoding="utf-8")
    (here / "load.py").write_text(LOAD, encoding="utf-8")
    named = []
    for name, env in PROFILES.items():
        (here / f"{name}.toml").write_text(SERVER.format(name=name, env=env), encoding="utf-8")
        named += ["--profile", str(here / f"{name}.toml")]

    done = measured(
        "--servers", ",".join(PROFILES), *named, "--tests", "none", "--workload",
        str(here / "load.py"), "--rate", "60", "--rounds", "1", "--budget", "6s",
        "--out", str(here / "run"),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return here / "run"


@pytest.fixture(scope="module")
def facts(folder: Path) -> Facts:
    """What the run has seen."""
    return journal.read(folder)


@pytest.fixture(scope="module")
def rows(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The lines of its table, by profile and mode."""
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        return {(row["profile"], row["mode"]): row for row in csv.DictReader(file)}


Rows = dict[tuple[str, str], dict[str, str]]


@pytest.mark.parametrize("mode", ["open", "closed"])
@pytest.mark.parametrize(("name", "least_ms"), [("after", AFTER_MS), ("pooled", POOLED_MS)])
def test_work_that_no_client_sees_is_in_its_own_servers_cpu(
    rows: Rows, name: str, least_ms: int, mode: str
) -> None:
    """All of it, in each load; and none of it in that of the server beside."""
    assert float(rows[name, mode]["cpu_us_per_request"]) >= 1000 * least_ms
    assert float(rows["plain", mode]["cpu_us_per_request"]) < 1000 * POOLED_MS


def test_every_slice_ends_with_a_server_at_rest(facts: Facts) -> None:
    """However long it worked on; what it did is in each of its slices."""
    assert all(one.settled for one in facts.slices)
    after = [one for one in facts.slices if one.cell.profile == "after"]
    assert all(one.cpu_ns is not None for one in after)
    assert all((one.cpu_ns or 0) >= AFTER_MS * 1e6 * one.cpu_requests for one in after)


def test_a_pool_of_processes_is_no_death(facts: Facts, rows: Rows) -> None:
    """It comes with the first requests, which is told; all slices after that have figures."""
    mine = [one for one in facts.slices if one.cell.profile == "pooled"]
    assert mine[0].processes_changed > 0
    assert DoubtKind.PROCESSES_CHANGED in {doubt.kind for doubt in mine[0].doubts}
    assert [one.processes_changed for one in mine[1:]] == [0] * len(mine[1:])
    assert not any(drain.failure for drain in facts.drains)
    assert {outcome for one in mine for outcome in one.outcomes} == {Outcome.OK}
    for mode in ("open", "closed"):
        assert rows["pooled", mode]["verdict"] != Verdict.INVALID
        assert rows["pooled", mode]["throughput_rps"]
