"""A run in a project's folder that names no app."""

import shutil
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.slice import Outcome
from tests.end_to_end.program import ROOT, bench, run_here

SHORT = (
    "--servers", "uvicorn", "--no-selftest", "--not-against-itself", "--rate", "200",
    "--rounds", "1", "--budget", "4s", "--format", "md,json", "--out", "run",
)  # fmt: skip
MAIN = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"mine"})
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    check = lambda answer: None if answer.text == "mine" else "not mine"
    yield Exchange(httpx.Request("GET", base_url), Checked(check))
"""


@pytest.mark.long
def test_the_shop(tmp_path: Path) -> None:
    """Its app is found; the manifest is that of a run that names it."""
    shop = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", shop)

    done = bench(
        "run", "--app-env", "SHOP_CURRENCY=EUR", "--path", "/products/rope", *SHORT, cwd=shop
    )

    assert done.returncode == 0, done.stderr
    found = "found shop.main:app (FastAPI) in shop/main.py; measured as --app shop.main:app"
    assert found in done.stderr
    facts = journal.read(shop / "run")
    assert facts.manifest.app == "shop.main:app"
    assert facts.manifest.command[-2:] == ("--app", "shop.main:app")
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}


@pytest.mark.long
def test_an_app_of_the_same_name_as_ours(tmp_path: Path) -> None:
    """The project's `app.main:app` answers, and not that of the items app."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text(MAIN, encoding="utf-8")
    (tmp_path / "load.py").write_text(LOAD, encoding="utf-8")
    (tmp_path / "Procfile").write_text("web: uvicorn app.main:app\n", encoding="utf-8")

    done = bench("run", "--tests", "none", "--workload", "load.py", *SHORT, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "found app.main:app in app/main.py, named in Procfile; measured as" in done.stderr
    facts = journal.read(tmp_path / "run")
    assert facts.manifest.app == "app.main:app"
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "found shop.main:app (FastAPI) in shop/main.py: it needs "),
        (("--workload", "shop_load.py"), "in shop/main.py: it needs --tests PATH"),
        (("--app-env", "A=b", "--workload", "get_item"), "--app-env 'A=b' needs --app"),
    ],
)
def test_what_is_missing_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    """As with an app that is named; a workload of the items app is for that."""
    done = run_here("run", *arguments, cwd=ROOT / "examples" / "shop")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert said in line


def test_servers_that_run_elsewhere_need_no_app(tmp_path: Path) -> None:
    """Nothing is looked for, not even where it would not be clear which app is meant."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.py").write_text(
            "from fastapi import FastAPI\napp = FastAPI()", encoding="utf-8"
        )
    running = str(ROOT / "examples" / "running.toml")
    arguments = ("--profile", running, "--servers", "running", "--workload", "nowhere.py")
    done = run_here("run", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere.py" in done.stderr


@pytest.mark.parametrize(
    "command",
    [("capacity", "--slo", "p95<50ms"), ("regress", "--base", "bare", "--head", "A=b")],
)
def test_commands_that_measure_find_it_too(command: tuple[str, ...]) -> None:
    """They say what they lack then, as `run` does."""
    done = run_here(*command, cwd=ROOT / "examples" / "shop")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "found shop.main:app (FastAPI) in shop/main.py: it needs to know what to send" in line


def test_serve_asks_which_of_several(tmp_path: Path) -> None:
    """It serves none that may not be meant."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    done = run_here("serve", "uvicorn", cwd=tmp_path)
    assert done.returncode == 2
    assert "several apps were found and none is clearly first: give --app a.main" in done.stderr


@pytest.mark.long
def test_serve_finds_it_too(tmp_path: Path) -> None:
    """The script that would start the server has its name."""
    shop = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", shop)
    done = bench("serve", "uvicorn", "--script", "start.sh", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert "in shop/main.py; served as --app shop.main:app" in done.stderr
    assert "shop.main:app" in (shop / "start.sh").read_text(encoding="utf-8")
