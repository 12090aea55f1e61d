"""Apps that work where no client sees it: after their answers, or in other processes."""

import csv
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.run import Facts
from bench.facts.slice import DoubtKind, Outcome, Verdict
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


Rows = dict[tuple[str, str], dict[str, str]]


@pytest.mark.long
def test_work_that_no_client_sees_is_measured_and_charged_to_its_own_server(
    tmp_path: Path,
) -> None:
    """The same app three times, side by side: as it is, and working in either way."""
    (tmp_path / "elsewhere.py").write_text(APP, encoding="utf-8")
    (tmp_path / "load.py").write_text(LOAD, encoding="utf-8")
    named = []
    for name, env in PROFILES.items():
        (tmp_path / f"{name}.toml").write_text(SERVER.format(name=name, env=env), encoding="utf-8")
        named += ["--profile", str(tmp_path / f"{name}.toml")]
    folder = tmp_path / "run"

    done = measured(
        "--servers", ",".join(PROFILES), *named, "--tests", "none", "--workload",
        str(tmp_path / "load.py"), "--rate", "60", "--connections", "8", "--rounds", "1",
        "--budget", "6s", "--out", str(folder),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        rows = {(row["profile"], row["mode"]): row for row in csv.DictReader(file)}
    facts = journal.read(folder)
    assert_each_has_its_own_cpu(rows)
    assert_each_came_to_rest(facts)
    assert_a_pool_is_no_death(facts, rows)


def assert_each_has_its_own_cpu(rows: Rows) -> None:
    """All of it, in each load; and none of it is in that of the server beside."""
    for mode in ("open", "closed"):
        cpu_us = {name: float(rows[name, mode]["cpu_us_per_request"]) for name in PROFILES}
        assert cpu_us["after"] >= 1000 * AFTER_MS
        assert cpu_us["pooled"] >= 1000 * POOLED_MS
        assert cpu_us["plain"] < 1000 * POOLED_MS


def assert_each_came_to_rest(facts: Facts) -> None:
    """However long it worked on; what it did then is in each of its slices."""
    assert all(one.settled for one in facts.slices)
    for one in facts.slices:
        if one.cell.profile == "after":
            assert one.cpu_ns is not None
            assert one.cpu_ns >= AFTER_MS * 1e6 * one.cpu_requests


def assert_a_pool_is_no_death(facts: Facts, rows: Rows) -> None:
    """It comes with the first requests, which is told; all slices after that have figures."""
    first, *others = [one for one in facts.slices if one.cell.profile == "pooled"]
    assert first.processes_changed > 0
    assert DoubtKind.PROCESSES_CHANGED in {doubt.kind for doubt in first.doubts}
    assert [one.processes_changed for one in others] == [0] * len(others)
    assert not any(drain.failure for drain in facts.drains)
    assert {outcome for one in others for outcome in one.outcomes} == {Outcome.OK}
    for mode in ("open", "closed"):
        assert rows["pooled", mode]["verdict"] != Verdict.INVALID
        assert rows["pooled", mode]["throughput_rps"]
