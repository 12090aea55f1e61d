"""A whole run, small: gate, experiment, report."""

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from bench.facts import journal
from bench.facts.selftest import Finding
from bench.facts.slice import DoubtKind, Outcome
from tests.end_to_end.program import bench, measured, run_here
from tests.once import once

WholeRun = tuple[Path, subprocess.CompletedProcess[str]]
CONTRACT = [
    "profile", "workload", "mode", "offered_rate", "connections", "slices", "requests",
    "failures", "throughput_rps", "avg_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms",
    "cpu_us_per_request", "pss_mib", "startup_ms", "verdict", "doubts",
]  # fmt: skip
ESTIMATES = ["throughput_rps", "avg_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms",
             "cpu_us_per_request", "pss_mib", "startup_ms"]  # fmt: skip

NO_ITEMS = ("--workload", "get_item", "--tests", "none")  # what an app of one's own goes with

BROKEN_SERVER = """
name = "broken"
title = "answers nothing right"
interface = "asgi"
requires = ["uvicorn==0.54.0"]
argv = ["{python}", "-m", "uvicorn", "broken:app", "--app-dir", "{dir}",
        "--host", "{host}", "--port", "{port}", "--log-level", "warning"]
"""
BROKEN_APP = """
import json, os

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    healthy = scope["path"] == "/health"
    body = json.dumps({"status": "ok", "pid": os.getpid()} if healthy else {"nothing": 1}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""

MORTAL_SERVER = """
name = "mortal"
title = "dies of its load"
interface = "asgi"
requires = ["uvicorn==0.54.0"]
argv = ["{python}", "-m", "uvicorn", "{app}", "--host", "{host}", "--port", "{port}",
        "--limit-max-requests", "100", "--no-access-log"]
"""


GET_ITEM_SUITE = """
import httpx

def test_get_item(base_url):
    assert httpx.get(f"{base_url}/items/1", trust_env=False).json()["id"] == 1
"""


def test_a_run_writes_every_file_of_the_contract(whole_run: WholeRun) -> None:
    """Two servers, all files, the columns of the contract, and a verdict in every line."""
    folder, done = whole_run

    assert done.returncode == 0, done.stderr
    assert "A/A check and smallest differences" in done.stdout
    assert "Traceback" not in done.stderr
    for name in (
        *("manifest.json", "journal.jsonl"),
        *("report.md", "summary.csv", "summary.json", "junit.xml"),
    ):
        assert (folder / name).stat().st_size > 0, name
    assert list((folder / "charts").glob("*.svg"))
    assert list((folder / "charts").glob("*.png"))
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    missing = set(CONTRACT) | {f"{x}_{end}" for x in ESTIMATES for end in ("lo", "hi")}
    assert missing <= set(rows[0])
    assert {(row["profile"], row["mode"]) for row in rows} == {
        (name, mode) for name in ("uvicorn", "granian") for mode in ("open", "closed")
    }
    assert all(row["verdict"] in {"valid", "suspect", "invalid"} for row in rows)
    facts = journal.read(folder)
    assert facts.ending == "finished"
    assert facts.manifest.seed == 7
    assert all(gate.passed for gate in facts.gates)
    assert json.loads((folder / "manifest.json").read_text())["servers"][0]["packages"]["uvicorn"]
    assert facts.manifest.selftest is not None
    assert Finding.HOLDS in {claim.finding for claim in facts.manifest.selftest.claims}
    assert Finding.FAILS not in {claim.finding for claim in facts.manifest.selftest.claims}
    assert facts.manifest.selftest.ceiling_rps


def test_the_folder_is_all_that_a_report_needs(whole_run: WholeRun, tmp_path: Path) -> None:
    """It writes the same again, wherever the folder is by then."""
    folder, _ = whole_run
    before = (folder / "summary.csv").read_bytes()
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    (moved / "summary.csv").unlink()

    again = run_here("report", str(moved), "--format", "csv", cwd=tmp_path)

    assert again.returncode == 0, again.stderr
    assert (moved / "summary.csv").read_bytes() == before


def _failing(folder: Path) -> dict[str, Any]:
    """Gate and measure a sound server, one that answers nothing right, and one that dies."""
    suite, own = folder.with_name("test_get_item.py"), folder.with_name("servers")
    suite.write_text(GET_ITEM_SUITE, encoding="utf-8")
    own.mkdir()
    (own / "broken.toml").write_text(BROKEN_SERVER, encoding="utf-8")
    (own / "broken.py").write_text(BROKEN_APP, encoding="utf-8")
    (own / "mortal.toml").write_text(MORTAL_SERVER, encoding="utf-8")
    done = measured(
        "--servers", "uvicorn,broken,mortal", "--profile", str(own / "broken.toml"),
        "--profile", str(own / "mortal.toml"), "--tests", str(suite), "--rate", "300",
        "--rounds", "1", "--budget", "6s", "--out", str(folder),
    )  # fmt: skip
    return {"returncode": done.returncode, "stderr": done.stderr}


@pytest.fixture(scope="module")
def failing_run(tmp_path_factory: pytest.TempPathFactory) -> WholeRun:
    """A run in which two of three servers fail."""
    folder, said = once("failing-run", tmp_path_factory, _failing)
    return folder, subprocess.CompletedProcess((), said["returncode"], "", said["stderr"])


def test_a_server_that_fails_its_gate_is_not_measured(failing_run: WholeRun) -> None:
    """The others go on, the report names the test that failed, and the exit code is 1."""
    folder, done = failing_run

    assert done.returncode == 1, done.stderr
    facts = journal.read(folder)
    assert {gate.profile: gate.passed for gate in facts.gates} == {
        "uvicorn": True, "broken": False, "mortal": True,
    }  # fmt: skip
    assert "broken" not in {one.cell.profile for one in facts.slices}
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "test_get_item" in report
    assert "KeyError" in report


def test_a_server_that_dies_under_load_is_not_ranked(failing_run: WholeRun) -> None:
    """The others go on, the report says what happened, and the exit code is 1."""
    folder, done = failing_run

    assert done.returncode == 1, done.stderr
    assert "mortal: crashed under load with exit status" in done.stderr
    assert {one.cell.profile for one in journal.read(folder).slices if not one.warm_up} >= {
        "uvicorn"
    }
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line for line in lines if line["profile"] == "mortal" and line["avg_ms"]] == []
    assert "crashed under load" in (folder / "report.md").read_text(encoding="utf-8")


RESTLESS_SERVER = MORTAL_SERVER.replace("mortal", "restless").replace(
    '"--limit-max-requests", "100"', '"--limit-max-requests", "100", "--workers", "2"'
)


@pytest.mark.long
def test_a_server_whose_workers_are_replaced_is_measured_and_it_is_reported(tmp_path: Path) -> None:
    """Its first process lives and it answers: its connections are lost, its figures are its own."""
    (tmp_path / "restless.toml").write_text(RESTLESS_SERVER, encoding="utf-8")
    folder = tmp_path / "run"

    done = measured(
        "--servers", "uvicorn,restless", "--tests", "none",
        "--profile", str(tmp_path / "restless.toml"), "--rate", "300", "--rounds", "1",
        "--budget", "4s", "--out", str(folder),
    )  # fmt: skip

    assert "Traceback" not in done.stderr
    facts = journal.read(folder)
    assert not any(drain.failure for drain in facts.drains)
    mine = [one for one in facts.slices if one.cell.profile == "restless"]
    assert any(one.processes_changed for one in mine)
    assert DoubtKind.PROCESSES_CHANGED in {doubt.kind for one in mine for doubt in one.doubts}
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        rows = {(row["profile"], row["mode"]): row for row in csv.DictReader(file)}
    assert "processes_changed" in rows["restless", "closed"]["doubts"]
    assert rows["uvicorn", "closed"]["throughput_rps"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "--servers", "uvicron"], 2, "did you mean 'uvicorn'"),
        (["run", "--workload", "nothing"], 2, "workload 'nothing' is unknown"),
        (["run", "--bogus"], 2, "--bogus"),
        (["run", "--rate", "0"], 2, "0 requests per second cannot be offered"),
        (["run", "--rate", "-5"], 2, "cannot be offered"),
        (["run", "--rate", "1e9"], 2, "cannot be offered"),
        (["run", "--rate", "fast"], 2, "'fast' is not a rate"),
        (["run", "--budget", "soon"], 2, "'soon' is not a duration"),
        (["run", "--rounds", "0"], 2, "0 is not in the range"),
        (["run", "--tests", "nowhere.py"], 2, "--tests 'nowhere.py' does not exist"),
        (["run", "--profile", "nowhere.toml"], 2, "nowhere.toml"),
        (["run", "--baseline", "nobody", "--servers", "uvicorn"], 2, "--baseline 'nobody'"),
        (["run", "--app", "nonsense", *NO_ITEMS], 2, "module:attribute"),
        (["run", "--app", "a:b"], 2, "--app 'a:b' needs to know what to send"),
        (["run", "--app", "a:b", "--workload", "get_item"], 2, "needs --tests PATH"),
        (["calibrate", "--out", "x"], 2, "--out needs --soak"),
        (["calibrate", "--soak", "1s", "--slices", "2"], 2, "--slices cannot be used with --soak"),
        (["evidence", "--of", "x", "--gate", "2"], 2, "--gate cannot be used with --of"),
        (["evidence", "--runs", "2", "--gate", "2"], 2, "--runs cannot be used with --gate"),
        (["evidence", "--only", "a"], 2, "--only needs --known-answers"),
        (["evidence", "--known-answers", "--only", "zz"], 2, "case 'zz' is unknown"),
        (["evidence", "--known-answers", "--runs", "2"], 2, "--runs cannot be used with --known"),
        (["serve", "nobody"], 2, "server 'nobody' is unknown"),
        (["serve", "daphne", "--reload"], 2, "daphne' cannot reload"),
        (["run", "--format", "pdf"], 2, "format 'pdf' is unknown; known: md, "),
        (["report", "nowhere"], 2, "'nowhere' holds no run"),
        (["nothing"], 2, "nothing"),
    ],
)
def test_bad_input_gets_one_clear_line(
    arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    """What was asked, what was found, what to do: in one line, without a traceback."""
    done = run_here(*arguments, cwd=tmp_path)

    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert said in done.stderr
    assert not list(tmp_path.iterdir()), "nothing is written before the input is known to be good"


def test_without_a_command_it_says_what_there_is() -> None:
    """As its help, not as a fault."""
    done = run_here()
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: ")
    assert "Compare servers under the same load and write a report." in done.stderr


def test_an_app_that_does_not_import_is_refused(tmp_path: Path) -> None:
    """One line with the reason, before any server is started; it leaves no folder."""
    done = measured(
        "--servers", "uvicorn", "--app", "nowhere.main:app", "--app-dir", str(tmp_path), *NO_ITEMS,
        "--out", str(tmp_path / "run"),
    )  # fmt: skip

    assert done.returncode == 2
    assert "No module named 'nowhere'" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists(), "the mended command can use the same --out"


def test_a_folder_that_holds_a_run_is_left_alone(tmp_path: Path) -> None:
    """`--out` of an earlier run is refused, and nothing in it is touched."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}", encoding="utf-8")

    done = run_here("run", "--servers", "uvicorn", "--out", str(folder))

    assert done.returncode == 2
    assert "already holds a run" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]
    assert (folder / "manifest.json").read_text(encoding="utf-8") == "{}"


DYING_APP = """
import os
from app.main import app as items

answered = 0

async def app(scope, receive, send):
    global answered
    answered += 1
    if answered > 300:
        os._exit(3)
    await items(scope, receive, send)
"""
DYING_SERVER = MORTAL_SERVER.replace("mortal", "dying").replace(
    '"{app}", ', '"dying:app", "--app-dir", "{dir}", '
)


@pytest.mark.long
def test_a_run_in_which_every_server_dies_ends_at_once_with_a_report(tmp_path: Path) -> None:
    """Nothing is left to measure: the budget is not waited out, and the exit code is 1."""
    (tmp_path / "dying.toml").write_text(DYING_SERVER, encoding="utf-8")
    (tmp_path / "dying.py").write_text(DYING_APP, encoding="utf-8")
    folder = tmp_path / "run"

    done = measured(
        "--servers", "dying", "--profile", str(tmp_path / "dying.toml"), "--tests", "none",
        "--rate", "300", "--budget", "10m", "--out", str(folder),
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "crashed under load" in (folder / "report.md").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.skipif(shutil.which("taskset") is None, reason="cores cannot be chosen here")
def test_one_core_is_said_once_and_doubted_everywhere(tmp_path: Path) -> None:
    """The generator takes from the server what it uses itself."""
    folder = tmp_path / "run"

    done = bench(
        "run", "--no-selftest", "--servers", "uvicorn", "--tests", "none", "--rate", "300",
        "--rounds", "1", "--budget", "4s", "--out", str(folder), under=["taskset", "-c", "0"],
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("there is only one core") == 1
    facts = journal.read(folder)
    assert facts.manifest.instrument.cores == 0
    assert facts.slices
    for one in facts.slices:
        assert DoubtKind.ONE_CORE in {doubt.kind for doubt in one.doubts}


@pytest.mark.long
@pytest.mark.timed
def test_a_setting_is_measured_with_and_without(tmp_path: Path) -> None:
    """Both cells, what the setting costs, and the setting in the manifest."""
    folder = tmp_path / "run"

    done = measured(
        "--servers", "uvicorn", "--app-setting", "seeded_items=200", "--tests", "none",
        "--rate", "300", "--rounds", "1", "--budget", "8s", "--out", str(folder),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "Cost of the settings" in done.stdout
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        profiles = {row["profile"] for row in csv.DictReader(file)}
    assert profiles == {"uvicorn", "uvicorn+seeded_items=200"}
    servers = journal.read(folder).manifest.servers
    assert [server.settings for server in servers] == [{}, {"seeded_items": "200"}]
    costs = json.loads((folder / "summary.json").read_text())["settings_costs"]
    assert {cost["figure"] for cost in costs} == {
        *("p50_ms", "avg_ms", "cpu_us_per_request", "throughput_rps")
    }


@pytest.mark.long
@pytest.mark.timed
def test_a_server_is_measured_over_several_protocols(tmp_path: Path) -> None:
    """A cell for each, what they cost, and what was agreed upon; who speaks none is left out."""
    folder = tmp_path / "run"

    done = measured(
        "--servers", "granian,daphne", "--protocol", "https/1.1", "--protocol", "h2c",
        "--streams", "4", "--tests", "none", "--rate", "300", "--rounds", "1", "--budget", "10s",
        "--out", str(folder),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "left out: daphne does not speak h2c" in done.stderr
    assert "Cost of the protocols" in done.stdout
    with (folder / "summary.csv").open(encoding="utf-8") as file:
        over = {row["profile"]: row["protocol"] for row in csv.DictReader(file) if row["avg_ms"]}
    assert over == {
        "granian@https/1.1": "https/1.1", "granian@h2c": "h2c", "daphne@https/1.1": "https/1.1",
    }  # fmt: skip
    facts = journal.read(folder)
    assert all(one.failures == 0 for one in facts.slices)
    secure = {one.profile: one.tls and one.tls.version for one in facts.launches}
    assert secure["granian@https/1.1"] == "TLSv1.3"
    assert secure["granian@h2c"] is None
    assert not [*folder.rglob("*.pem")]


CREATE_ITEM_SUITE = """
import os
import httpx

def test_create_item(base_url):
    bearing = {"Authorization": f"Bearer {os.environ['WEIGHBRIDGE_TOKEN']}"}
    item = {"name": "a", "price": 1}
    answer = httpx.post(f"{base_url}/items", json=item, headers=bearing, trust_env=False)
    assert answer.status_code == 201
"""


@pytest.mark.long
def test_writes_are_measured_with_auth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate and the load bear the token; neither it nor the secret is written anywhere."""
    folder, secret = tmp_path / "run", "a secret of thirty-two bytes, or more"
    token = jwt.encode({"sub": "ann", "aud": "items", "iat": 0, "exp": 2**40}, secret, "HS256")
    hashed = Argon2Hasher().hash("correct horse")
    users = json.dumps({"ann": hashed})
    monkeypatch.setenv("WEIGHBRIDGE_TOKEN", token)
    suite = tmp_path / "test_create.py"
    suite.write_text(CREATE_ITEM_SUITE, encoding="utf-8")

    done = measured(
        "--servers", "uvicorn", "--workload", "create_item", "--app-setting", "auth=true",
        "--app-setting", f"auth_secret={secret}", "--app-setting", f"auth_users={users}",
        "--tests", str(suite), "--rate", "300", "--rounds", "1", "--budget", "4s",
        "--out", str(folder),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found = journal.read(folder)
    assert [gate.passed for gate in found.gates] == [True, True]
    assert {outcome for each in found.slices for outcome in each.outcomes} == {Outcome.OK}
    written = done.stdout.encode() + done.stderr.encode()
    written += b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not [each for each in (token, secret, hashed) if each.encode() in written]


@pytest.mark.long
def test_a_setting_that_the_app_refuses_is_one_clear_line(tmp_path: Path) -> None:
    """Before any server is started."""
    done = measured(
        "--servers", "uvicorn", "--app-setting", "seeded_items=many", "--out", str(tmp_path / "run")
    )
    assert done.returncode == 2, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert "--app-setting seeded_items=many: seeded_items Input should be a valid integer" in line


@pytest.mark.long
def test_rounds_go_on_until_they_are_precise_enough(tmp_path: Path) -> None:
    """After the fixed ones, as far as the budget goes; what was not reached is said."""
    folder = tmp_path / "run"

    done = measured(
        "--servers", "uvicorn,uvicorn", "--tests", "none", "--rate", "500", "--rounds", "3",
        "--precision", "0.2%", "--budget", "30s", "--out", str(folder),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    facts = journal.read(folder)
    assert facts.manifest.stage == 3
    assert max(one.round for one in facts.slices) > 3
    assert "--precision 0.2% was not reached" in done.stdout
    assert "uvicorn#2's ratio is " in done.stderr
