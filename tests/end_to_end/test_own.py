"""An app, a server and a running server of one's own, by the commands of docs/."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.settings import AppSettingsRecord
from bench.facts.slice import Outcome
from tests.end_to_end.asking import free_port, get
from tests.end_to_end.program import ROOT, bench, run_here
from tests.end_to_end.readme import commands

EXAMPLES = ROOT / "examples"
SHORT = ["--no-selftest", "--not-against-itself", "--rate", "200", "--rounds", "1"]
NO_ITEMS = ("--workload", "get_item", "--tests", "none")
NOX = shutil.which("nox")
SEVEN = ("daphne", "granian", "gunicorn", "gunicorn-asgi", "hypercorn", "uvicorn", "uwsgi")


def measured(folder: Path) -> set[str]:
    """Who has figures; each passed a gate, and answered every request correctly."""
    facts = journal.read(folder)
    assert facts.gates
    assert all(gate.passed and gate.tests for gate in facts.gates)
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        return {row["profile"] for row in csv.DictReader(file) if row["avg_ms"]}


@pytest.mark.long
def test_your_own_app(tmp_path: Path) -> None:
    """From its own folder, by a function that makes it, under an ASGI and a WSGI server."""
    [own] = commands("docs/own-app.md", "A suite, a factory, both interfaces")
    folder = tmp_path / "run"

    done = bench(
        own.command, *own.arguments, *SHORT, "--servers", "uvicorn,uwsgi", "--budget", "5s",
        "--out", str(folder), cwd=own.cwd,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert measured(folder) == {"uvicorn", "uwsgi"}
    found = journal.read(folder).manifest
    assert found.app == "shop.main:create()"
    assert (found.settings.own_app or AppSettingsRecord()).app_env == {"SHOP_CURRENCY": "EUR"}
    assert all("humanize" in server.packages for server in found.servers)
    assert not (own.cwd / "results").exists()


@pytest.mark.long
def test_your_own_app_under_the_seven_servers(tmp_path: Path) -> None:
    """As the command stands in docs/own-app.md, but for its length."""
    [own] = commands("docs/own-app.md", "A suite, a factory, both interfaces")
    folder = tmp_path / "run"

    done = bench(
        own.command, *own.arguments, *SHORT, "--budget", "20s", "--out", str(folder),
        cwd=own.cwd, limit_s=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert measured(folder) == set(SEVEN)


@pytest.mark.long
@pytest.mark.skipif(NOX is None and "CI" not in os.environ, reason="nox is not on the path")
def test_your_own_app_by_nox(tmp_path: Path) -> None:
    """The session runs where nox is called: paths mean what they do there."""
    [own] = commands("docs/own-app.md", "A suite, a factory, both interfaces")
    folder = tmp_path / "run"

    done = subprocess.run(
        [NOX or "nox", "-f", os.path.relpath(ROOT / "noxfile.py", own.cwd), "-s", "bench", "--",
         *own.arguments, *SHORT, "--servers", "uvicorn", "--budget", "5s", "--out", str(folder)],
        capture_output=True, text=True, timeout=300, check=False, cwd=own.cwd,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert measured(folder) == {"uvicorn"}


@pytest.mark.long
def test_an_app_in_another_folder(tmp_path: Path) -> None:
    """Named from where the workload is; WSGI servers are left out, and it is said why."""
    shutil.copytree(EXAMPLES / "shop", tmp_path / "shop")
    here = tmp_path / "here"
    here.mkdir()
    shutil.move(tmp_path / "shop" / "shop_load.py", here)
    (tmp_path / "shop" / "shop" / "ready.py").write_text(
        "from .main import create\n\napp = create()\n", encoding="utf-8"
    )

    done = bench(
        "run", "--app", "shop.ready:app", "--app-dir", "../shop",
        "--requirements", "../shop/requirements.txt", "--app-env", "SHOP_CURRENCY=EUR",
        "--tests", "../shop/tests", "--workload", "shop_load.py",
        *SHORT, "--servers", "hypercorn", "--budget", "3s", cwd=here,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    [folder] = (here / "results").iterdir()
    assert measured(folder) == {"hypercorn"}


def test_a_wsgi_server_has_no_asgi_app_to_run(tmp_path: Path) -> None:
    """Named by itself, it is refused, in one line that says what is missing."""
    done = run_here("run", "--app", "a:b", "--servers", "uwsgi", *NO_ITEMS, cwd=tmp_path)

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "server 'uwsgi' runs WSGI apps: name one with --wsgi-app, or leave it out" in line


long = partial(pytest.param, marks=pytest.mark.long)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        long("shop.maine:create()", "No module named 'shop.maine'"),
        long("shop.main:creat()", "module 'shop.main' has no 'creat'; did you mean 'create'?"),
        ("shop.main:create", "if that creates the app, end it with ()"),
        long(
            "shop.main:Quote",
            "it is not an ASGI app: 'Quote' does not take scope, receive and send",
        ),
    ],
)
def test_what_is_no_app_is_one_line(target: str, said: str, tmp_path: Path) -> None:
    """Before any server is started."""
    shop = EXAMPLES / "shop"
    done = bench(
        "run", "--servers", "uvicorn", "--app", target, "--app-env", "SHOP_CURRENCY=EUR",
        "--tests", "none",
        "--requirements", "requirements.txt", "--workload", "shop_load.py",
        "--out", str(tmp_path / "run"), cwd=shop,
    )  # fmt: skip

    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_your_own_server(tmp_path: Path) -> None:
    """Of a TOML file, in an environment of its own, beside uvicorn."""
    [own] = commands("docs/own-server.md", "A profile")
    folder = tmp_path / "run"

    done = bench(
        own.command, *own.arguments, *SHORT, "--budget", "5s", "--out", str(folder), cwd=own.cwd
    )

    assert done.returncode == 0, done.stderr
    assert measured(folder) == {"uvicorn", "waitress"}
    versions = {server.name: server.packages for server in journal.read(folder).manifest.servers}
    assert "waitress" in versions["waitress"]
    assert "waitress" not in versions["uvicorn"]


@pytest.mark.long
def test_a_server_that_is_already_running(tmp_path: Path) -> None:
    """It is gated and loaded, its CPU time is not known, and it runs on afterwards."""
    served, measuring = commands("docs/own-server.md", "A server that is already running")
    assert (served.background, measuring.background) == (True, False)
    port = str(free_port())
    profile = tmp_path / "running.toml"
    text = (EXAMPLES / "running.toml").read_text(encoding="utf-8")
    profile.write_text(text.replace(":8000", f":{port}"), encoding="utf-8")
    folder = tmp_path / "run"

    with serving([word.replace("8000", port) for word in served.arguments], tmp_path / "log"):
        get(f"http://127.0.0.1:{port}/health")
        done = bench(
            measuring.command,
            *[str(profile) if w == "examples/running.toml" else w for w in measuring.arguments],
            *SHORT, "--budget", "3s", "--out", str(folder), cwd=measuring.cwd,
        )  # fmt: skip
        after = get(f"http://127.0.0.1:{port}/health")

    assert done.returncode == 0, done.stderr
    assert after.status_code == 200
    assert measured(folder) == {"running"}
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        assert {row["cpu_us_per_request"] for row in csv.DictReader(file)} == {""}


@contextmanager
def serving(arguments: list[str], log: Path) -> Iterator[None]:
    """Run `serve` until the end of the block."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench", "serve", *arguments],
            stdout=output, stderr=output, cwd=ROOT, env=dict(os.environ),
        )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
