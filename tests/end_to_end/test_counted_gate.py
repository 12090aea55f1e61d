"""The regression gate by instructions from its command line, with a real server under valgrind."""

import json
import sys
from pathlib import Path

import pytest

from tests.counting.tiny import SERVER, needs_valgrind
from tests.end_to_end.program import bench

PROFILE = f"""
name = "tiny"
title = "tiny"
interface = "asgi"
argv = ["{sys.executable}", "-I", "-S", "{SERVER}", "{{port}}"]
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/100"))
    yield Exchange(request, Checked(lambda r: None if r.text == "ok" else "not ok"))
"""
APP = "async def app(scope, receive, send):\n    pass\n"
LIMIT_S = 1800.0  # it takes a minute on an idle machine


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A server of a few lines, and what it is asked."""
    (tmp_path / "tiny.toml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "load.py").write_text(LOAD, encoding="utf-8")
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")
    (tmp_path / "none.txt").write_text("", encoding="utf-8")
    return tmp_path


@needs_valgrind
@pytest.mark.long
@pytest.mark.parametrize(("loops", "code", "verdict"), [(0, 0, "passed"), (40, 1, "failed")])
def test_work_that_is_added_fails(loops: int, code: int, verdict: str, desk: Path) -> None:
    """Some per cent of a request; without it nothing is found. `report` says the same again."""
    done = bench(
        "regress", "--count", "instructions", "--rounds", "3", "--server", "tiny",
        "--profile", "tiny.toml", "--base", "TINY_LOOPS=0", "--head", f"TINY_LOOPS={loops}",
        "--app", "shop:app", "--tests", "none", "--requirements", "none.txt",
        "--workload", "load.py", "--ready", "/0", "--out", "run", "--junit", "verdict.xml",
        "--connections", "2",
        cwd=desk, limit_s=LIMIT_S,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    found = json.loads((desk / "run/regression.json").read_text())
    assert found["verdict"] == verdict
    [change] = found["changes"]
    assert (change["base_starts"], change["head_starts"]) == (3, 3)
    assert found["connections"] == 2
    assert change["smallest_difference"] < 0.01
    assert found["moves"][0]["functions"] or not loops
    assert (desk / "verdict.xml").read_bytes() == (desk / "run/regression.xml").read_bytes()

    again = bench("report", "run", cwd=desk)

    assert again.returncode == 0, again.stderr
    assert f"{verdict}:" in again.stdout
