"""The commands of README.md and docs/*.md, each with what makes it short: all of them run, once."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.build.compared import on_disk, quiet
from tests.build.variants import later
from tests.end_to_end.program import ROOT, bench
from tests.pages import PAGES, arguments, commands
from tests.workloads.requests.hars import entry, written

pytestmark = [pytest.mark.timed, pytest.mark.long]

RUN_ELSEWHERE: Final = (
    "--help", "--resume", "--soak", "auth=true", "examples/running.toml", "--known-answers",
)  # fmt: skip
"""By the parser, test_resume.py, tests/proof/test_soak.py, test_run.py, test_own.py, and
tests/cli/test_known_answers.py."""

SHORT: Final = {
    "run": (
        "--rounds", "1", "--budget", "10s", "--no-selftest", "--not-against-itself",
        "--tests", "none", "--format", "md", "--out", "out",
    ),
    "capacity": (
        "--servers", "uvicorn", "--budget", "75s", "--resolution", "20%", "--tests", "none",
        "--no-selftest", "--out", "out",
    ),
    "regress": (
        "--rounds", "3", "--budget", "20s", "--tests", "none", "--no-selftest",
        "--tolerance", "50%", "--out", "out",
    ),
    "calibrate": ("--servers", "none", "--slices", "2"),
    "evidence": ("--no-selftest", "--rounds", "3", "--budget", "50s", "--out", "out"),
    "history": (),
    "compare": (),
    "report": ("--format", "md"),
    "selftest": ("--short",),
}  # fmt: skip
ALONE: Final = ("run", "calibrate", "selftest", "evidence")
"""Commands that the README gives without arguments, too."""


def runnable() -> list[tuple[str, ...]]:
    """Each call of the program that can be run, and is not run by a test of its own."""
    lines = {line for page in PAGES for line in commands(page, in_examples=False)}
    calls = [found for line in lines if (found := arguments(line)) is not None]
    words = {(name, *rest) for name, rest in calls if name in SHORT}
    words |= {(name,) for name in ALONE}
    # As short as they are made, the same as without:
    words -= {("evidence", "--runs", "4"), ("selftest", "--short")}
    return sorted(w for w in words if not any(option in w for option in RUN_ELSEWHERE))


def test_calls_are_found() -> None:
    """The others of this file run something."""
    assert len(runnable()) > 18


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder as the README's reader has it: the repository's, with things of one's own in it."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "examples").symlink_to(ROOT / "examples")
    waitress = (ROOT / "examples/waitress.toml").read_text(encoding="utf-8")
    (here / "mine.toml").write_text(waitress.replace('"waitress"', '"mine"'), encoding="utf-8")
    on_disk(here / "results/TIME", quiet())
    on_disk(here / "results/A", quiet())
    on_disk(here / "results/B", later(quiet(), 1))
    shutil.copytree(ROOT / "examples/shop", tmp_path / "shop")
    write_recordings(here)
    return here


def write_recordings(desk: Path) -> None:
    """Write what a reader has of the shop: a minute of a log, a HAR, and an editor's file."""
    line = '1.2.3.4 - - [29/Nov/2026:18:51:{:02} +0000] "GET /prices/7 HTTP/1.1" 200 5\n'
    log = "".join(line.format(second) * 50 for second in range(60))
    (desk / "access.log").write_text(log, encoding="utf-8")
    written(desk, entry("https://shop.test/prices/7"))
    (desk / "shop.http").write_text("GET {{host}}/prices/7\n", encoding="utf-8")


ITEMS_LOAD: Final = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.json()["id"] == 1 else "another item"))
"""


def write_load(desk: Path, call: tuple[str, ...]) -> None:
    """Write what the reader loads the app with, which is the shop's or the items app."""
    shop = (ROOT / "examples/shop/shop_load.py").read_text(encoding="utf-8")
    (desk / "load.py").write_text(shop if is_of_shop(call) else ITEMS_LOAD, encoding="utf-8")


def is_of_shop(call: tuple[str, ...]) -> bool:
    """Whether the reader's own app is measured, named or found."""
    return "--app" in call or "--app-dir" in call


def clone(folder: Path) -> Path:
    """Clone this repository, with a branch main: as CI checks it out, it may have none."""
    for command in (["clone", "--quiet", str(ROOT), str(folder)], ["checkout", "-B", "main"]):
        cwd = folder if folder.exists() else None
        subprocess.run(["git", *command], check=True, capture_output=True, cwd=cwd)
    return folder


def shortened(call: tuple[str, ...]) -> tuple[str, ...]:
    """What makes a call short, and whole where the README leaves something to its reader."""
    added = SHORT[call[0]]
    if call[0] == "run" and not {"--servers", "--profile", "--quick"} & set(call):
        added = (*added, "--budget", "25s")  # all seven
    if "--quick" in call:
        added = (*added, "--servers", "uvicorn")
    if is_of_shop(call):
        added = (*added, "--app-env", "SHOP_CURRENCY=EUR", "--servers", "uvicorn")
    if "--app" in call and "--app-dir" not in call:
        added = (*added, "--app-dir", "../shop")
    if "--app" in call and not {"--workload", "--path"} & set(call):
        needs = "examples/shop/requirements.txt"
        added = (*added, "--workload", "load.py", "--requirements", needs)
    if call[0] == "evidence":
        added = (*added, "--gate" if "--gate" in call else "--runs", "1")
    return added


def meant(word: str) -> str:
    """What a reader puts in the place of a name."""
    return {"A": "results/A", "B": "results/B", "DIR": "results/TIME"}.get(word, word)


@pytest.mark.parametrize("call", runnable(), ids=" ".join)
def test_it_runs(call: tuple[str, ...], desk: Path) -> None:
    """To its end, without a traceback, and with something to read."""
    write_load(desk, call)
    if "main" in call:  # a commit of the repository that it is called in
        desk = clone(desk.parent / "clone")
    name, *rest = (meant(word) for word in call)
    done = bench(name, *rest, *shortened(call), cwd=desk, limit_s=300.0)

    disturbed = (1,) if name == "selftest" else ()  # others may use this machine meanwhile
    assert done.returncode in (0, *disturbed), done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) > 3
