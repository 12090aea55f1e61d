"""Apps that find their files by the folder they are started in, and their settings in .env."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.slice import Outcome
from tests.end_to_end.asking import free_port, get
from tests.end_to_end.program import ROOT, bench

MAIN = """
import os, pathlib
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env")
    shop_title: str

settings = Settings()
app = FastAPI()
app.mount("/files", StaticFiles(directory="files"))

@app.get("/about")
def about():
    return {"title": settings.shop_title, "key": os.environ["SHOP_KEY"], "cwd": os.getcwd()}
"""
WRITES = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        open("visits.txt", "a").write("one")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"Fine wares, in words"})
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    for path, wanted in (("/about", "Fine wares"), ("/files/a.txt", "words")):
        check = lambda answer, wanted=wanted: None if wanted in answer.text else "not that"
        yield Exchange(httpx.Request("GET", base_url.join(path)), Checked(check))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with static files, a .env, and a file of secrets."""
    folder = tmp_path / "shop"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "a.txt").write_text("words", encoding="utf-8")
    (folder / "main.py").write_text(MAIN, encoding="utf-8")
    (folder / "load.py").write_text(LOAD, encoding="utf-8")
    (folder / ".env").write_text("SHOP_TITLE='Fine wares'\n", encoding="utf-8")
    (folder / "secrets.env").write_text("export SHOP_KEY=hunter2\n", encoding="utf-8")
    return folder


def files(folder: Path) -> set[str]:
    """All that is there, but for what Python keeps beside its modules."""
    return {path.name for path in folder.iterdir()} - {"__pycache__"}


def test_from_the_projects_folder(shop: Path) -> None:
    """Measured as it is: app, files and settings are found, nothing is left, no secret is told.

    The manifest is that of a run that names the app.
    """
    before = files(shop)
    done = bench(
        "run", "--env-file", "secrets.env", "--servers", "uvicorn", "--tests", "none",
        "--workload", "load.py", "--no-selftest", "--not-against-itself", "--rate", "200",
        "--rounds", "1", "--budget", "4s", "--format", "md,json", "--out", "run", cwd=shop,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "found main:app (FastAPI) in main.py; measured as --app main:app" in done.stderr
    facts = journal.read(shop / "run")
    assert facts.manifest.app == "main:app"
    assert facts.manifest.command[-2:] == ("--app", "main:app")
    outcomes = {outcome for one in facts.slices for outcome in one.outcomes}
    assert Outcome.OK in outcomes
    assert not outcomes & {Outcome.WRONG_STATUS, Outcome.WRONG_BODY}  # late ones there may be
    own = facts.manifest.settings.own_app
    assert own is not None
    assert own.started_in == "project"
    [file] = own.env_files or ()
    assert (file["name"], file["variables"]) == ("secrets.env", ["SHOP_KEY"])
    report = (shop / "run" / "report.md").read_text(encoding="utf-8")
    assert "servers started in: the app's folder" in report
    written = b"".join(path.read_bytes() for path in (shop / "run").rglob("*") if path.is_file())
    assert b"hunter2" not in written
    assert files(shop) - before == {"run"}
    assert facts.folder_changes == ()
    assert "New or changed" not in report


@pytest.mark.long
def test_what_an_app_leaves_in_the_projects_folder_is_named(shop: Path) -> None:
    """While it runs and in the report, with the option that keeps servers apart."""
    (shop / "main.py").write_text(WRITES, encoding="utf-8")
    done = bench(
        "run", "--app", "main:app", "--servers", "uvicorn", "--tests", "none", "--workload",
        "load.py", "--no-selftest", "--not-against-itself", "--rate", "50", "--rounds", "1",
        "--budget", "4s", "--format", "md", "--out", "run", cwd=shop,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    said = "New or changed in the app's folder 'shop' after this run: visits.txt."
    assert said in done.stderr
    assert "--copy gives each a fresh copy" in done.stderr
    assert said in (shop / "run" / "report.md").read_text(encoding="utf-8").replace("\\", "")


@pytest.mark.long
def test_serve_an_app_of_ones_own(shop: Path, tmp_path: Path) -> None:
    """From its folder, with the variables of a file."""
    port = free_port()
    log = tmp_path / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench", "serve", "uvicorn", "--port", str(port),
             "--app", "main:app", "--app-dir", str(shop), "--env-file", str(shop / "secrets.env")],
            stdout=output, stderr=output, cwd=ROOT, env=dict(os.environ),
        )  # fmt: skip
        try:
            told = get(f"http://127.0.0.1:{port}/about").json()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)

    assert told == {"title": "Fine wares", "key": "hunter2", "cwd": str(shop)}
