"""The regression gate from its command line, with real servers."""

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.end_to_end.program import bench, run_here

SHOP = """
import time

BUSY_S = {busy}

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    until = time.perf_counter() + BUSY_S
    while time.perf_counter() < until:
        pass
    headers = [(b"content-length", b"2")]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": b"ok"}})
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/"))
    yield Exchange(request, Checked(lambda r: None if r.text == "ok" else "not ok"))
"""


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    """A folder with an app that is quick and one that is slow, and what both are asked."""
    for name, busy in (("quick", 0.0), ("slow", 0.002)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.py").write_text(SHOP.format(busy=busy), encoding="utf-8")
    (tmp_path / "load.py").write_text(LOAD, encoding="utf-8")
    (tmp_path / "none.txt").write_text("", encoding="utf-8")
    return tmp_path


def regress(shops: Path, base: str, head: str, *more: str) -> tuple[int, str, Path]:
    """Exit code, what was said, and the folder of a short run between two of these apps."""
    folder = shops / "run"
    done = bench(
        "regress", "--no-selftest", "--base", str(shops / base), "--head", str(shops / head),
        "--app", "shop:app", "--app-dir", str(shops / "quick"), "--tests", "none",
        "--requirements", str(shops / "none.txt"), "--workload", str(shops / "load.py"),
        "--rate", "100", "--rounds", "3", "--budget", "25s", "--out", str(folder), *more,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr, folder


@pytest.mark.timed
@pytest.mark.long
def test_a_head_that_is_far_slower_fails(shops: Path) -> None:
    """Exit code 1, and the reason wherever CI looks."""
    code, said, folder = regress(shops, "quick", "slow", "--junit", str(shops / "verdict.xml"))

    assert code == 1, said
    assert "CPU per request of" in said
    assert json.loads((folder / "regression.json").read_text())["verdict"] == "failed"
    suite = ET.fromstring((shops / "verdict.xml").read_bytes())  # noqa: S314 - it is our own
    assert int(suite.get("failures", "0")) >= 1
    assert "**failed:" in (folder / "regression.md").read_text(encoding="utf-8")
    assert not (folder / "trees").exists()

    again = bench("report", str(folder))

    assert again.returncode == 0, again.stderr
    assert "failed:" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "no-such-commit"], "'no-such-commit' is neither a folder nor a commit"),
        (["--base", "uvicorn==0.35.0"], "compare two of the same kind"),
        (["--base", "main", "--tolerance", "5"], "'5' is not a precision"),
        ([], "Missing option '--base'"),
    ],
)
def test_bad_sides_get_one_clear_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    """And nothing is written."""
    done = run_here("regress", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_shallow_checkout_gets_one_clear_line(tmp_path: Path) -> None:
    """With what to change in the workflow; exit code 2."""
    origin, here = tmp_path / "origin", tmp_path / "here"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(origin)]
    subprocess.run(["git", "init", "-q", str(origin)], check=True)
    (origin / "shop.py").write_text(SHOP.format(busy=0.0), encoding="utf-8")
    (origin / "load.py").write_text(LOAD, encoding="utf-8")
    for message in ("one", "two"):
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{origin}", str(here)], check=True
    )

    done = run_here(
        "regress", "--base", "HEAD~1", "--app", "shop:app", "--tests", "none",
        "--workload", "load.py", "--quick", cwd=here,
    )  # fmt: skip

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "'HEAD~1' is not a commit in this clone" in line
    assert "'fetch-depth: 0'" in line
