"""Load without a program: right answers are recorded, demanded of all, and demanded again later."""

import gzip
import json
import signal
from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.load import Arrivals
from bench.facts.run import OtherStatus
from bench.facts.slice import Outcome
from bench.run.before_load.right_answers import FILE
from tests.end_to_end.program import ROOT, adopted, bench, wait_for_lines
from tests.end_to_end.requested import SHORT, contents, outcomes

SECRET = "s3cr3t-of-a-header"  # noqa: S105 - of nothing
APP = """
import itertools, json, os, sys, time, uuid
from datetime import UTC, datetime

numbers = itertools.count()
other = "hypercorn" in sys.modules
JSON = (b"content-type", b"application/json")

def answer(scope):
    path, headers = scope["path"], dict(scope["headers"])
    if path == "/float":
        return 200, [JSON], b'{"price": 7.5}' if other else b'{"price": 7.50}'
    if path == "/type":
        return 200, [] if other else [JSON], b"{}"
    if path == "/gone":
        return 200 if other else 404, [JSON], b"{}"
    if path.startswith("/status/"):
        return 200 if other and path.endswith("/201") else int(path[8:]), [], b""
    if path != "/varies":
        return 404, [], b""
    body = {
        "id": str(uuid.uuid4()), "n": next(numbers), "pid": os.getpid(), "epoch": int(time.time()),
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "list": [0] * (next(numbers) % 5),
        "host": headers[b"host"].decode(), "you": headers.get(b"authorization", b"").decode(),
    }
    return 200, [JSON], json.dumps(body).encode()

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    status, headers, body = answer(scope)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of one file, which needs nothing."""
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    (tmp_path / "none.txt").write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.long
def test_wrong_answers_of_one_server_are_caught_and_what_varies_is_right(folder: Path) -> None:
    """A float, a header and a status; times, ids and counters; no secret is in any file."""
    urls = folder / "urls.txt"
    urls.write_text("/gone -> 404\n", encoding="utf-8")
    done = bench(
        "run", "--app", "main:app", "--path", "/varies", "--path", "/float", "--path", "/type",
        "--urls", "urls.txt", "--header", f"Authorization: Bearer {SECRET}",
        "--servers", "uvicorn,hypercorn", "--baseline", "uvicorn", *SHORT,
        "--budget", "20s", "--out", "run", cwd=folder,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    right, body, status = {Outcome.OK}, {Outcome.WRONG_BODY}, {Outcome.WRONG_STATUS}
    assert outcomes(folder / "run") == {
        ("uvicorn", "/varies"): right, ("hypercorn", "/varies"): right,
        ("uvicorn", "/float"): right, ("hypercorn", "/float"): body,
        ("uvicorn", "/type"): right, ("hypercorn", "/type"): body,
        ("uvicorn", "urls"): right, ("hypercorn", "urls"): status,
    }  # fmt: skip
    facts = journal.read(folder / "run")
    said = "\n".join(text for one in facts.slices for text in one.examples.values())
    assert "at $.price: '\"price\": 7.50}' from uvicorn, here '\"price\": 7.5}'" in said
    assert "no header content-type: uvicorn answered with 'application/json'" in said
    report = (folder / "run" / "report.md").read_text(encoding="utf-8")
    assert "no header content-type" in report
    assert [path for path, text in contents(folder / "run") if SECRET.encode() in text] == []
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.long
def test_an_access_log_is_replayed_and_resumed(folder: Path) -> None:
    """The same part under every server, its 404s right answers, no secret in any file."""
    log = "".join(
        f'::1 - - [29/Nov/2026:18:51:{n // 40:02} +0000] "{asked} HTTP/1.1" {status} 9 "-" "-"\n'
        for n in range(400)
        for asked, status in (
            (f"GET /varies?token={SECRET}&n={n % 9}", 200), ("GET /none", 404), ("POST /x", 201),
        )
    )  # fmt: skip
    log += '::1 - - [29/Nov/2026:18:51:05 +0000] "GET /lost HTTP/1.1" 200 9 "-" "-"\n'
    with gzip.open(folder / "access.log.gz", "wt", encoding="utf-8") as file:
        file.write(log)
    run = folder / "run"
    asked = (
        "run", "--app", "main:app", "--app-dir", str(folder),
        "--access-log", str(folder / "access.log.gz"), "--replay-speed", "2",
        "--servers", "uvicorn,hypercorn", "--no-selftest", "--not-against-itself",
        "--rounds", "2", "--budget", "40s", "--format", "md,csv,json",
        "--requirements", str(folder / "none.txt"), "--seed", "3", "--out", str(run),
    )  # fmt: skip
    with (
        (folder / "stderr").open("w", encoding="utf-8") as stderr,
        adopted(asked, stderr) as started,
    ):
        for lines in (3, 4, 5, 7):  # recorded, launched twice, loaded: each may take its time
            wait_for_lines(run, lines, started)
        started.send(signal.SIGKILL)
        started.end()
    done = bench("run", "--resume", str(run))

    assert done.returncode == 0, done.stderr
    assert all(each == {Outcome.OK} for each in outcomes(run).values())
    facts = journal.read(run)
    replays = facts.manifest.settings.replays
    assert replays is not None
    record = replays["access.log"]
    opened = [one for one in facts.slices if one.cell.load.arrivals is Arrivals.LOG]
    assert {one.cell.profile for one in opened} == {"uvicorn", "hypercorn"}
    assert {one.cell.load.offered_rate for one in opened} == {record.rate}
    assert {one.requests for one in opened} == {record.requests}
    assert {one.window_ns for one in opened} == {round(record.window_s * 1e9)}
    (noted,) = facts.logged_statuses
    assert noted.others == (OtherStatus(200, 404, 1),)
    report = (run / "report.md").read_text(encoding="utf-8")
    assert "200 where uvicorn answered 404 (1 of 11 different requests)" in report
    assert "arrivals of access.log: those of access.log.gz (combined); replayed: its" in report
    assert f"{record.requests} requests at speed 2" in report
    assert [path for path, text in contents(run) if SECRET.encode() in text] == []
    assert SECRET not in done.stdout + done.stderr + (folder / "stderr").read_text()


@pytest.mark.long
def test_a_resumed_run_demands_what_it_began_with(folder: Path) -> None:
    """The record is read again, not made again; a secret has to be given again."""
    asked = (
        "run", "--app", "main:app", "--app-dir", str(folder), "--path", "/varies",
        "--header", f"X-Api-Key: {SECRET}", "--servers", "uvicorn", *SHORT[:-1],
        str(folder / "none.txt"), "--seed", "3",
    )  # fmt: skip
    run = folder / "run"
    with (
        (folder / "stderr").open("w", encoding="utf-8") as stderr,
        adopted([*asked, "--out", str(run)], stderr) as started,
    ):
        wait_for_lines(run, 4, started)
        started.send(signal.SIGKILL)
        started.end()
    before = (run / FILE).read_bytes()

    forgotten = bench("run", "--resume", str(run))
    assert forgotten.returncode == 2
    assert "was started with a secret" in forgotten.stderr
    done = bench(*asked, "--resume", str(run))

    assert done.returncode == 0, done.stderr
    assert before == (run / FILE).read_bytes()
    assert all(each == {Outcome.OK} for each in outcomes(run).values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--path", "/none"), "GET /none under uvicorn: 404 Not Found: is the path right?"),
        pytest.param(
            ("--curl", "curl -X PUT http://h/float -d a"), "", marks=pytest.mark.long, id="curl"
        ),
    ],
)
def test_an_error_is_no_right_answer(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    """In one line, before any load."""
    done = bench(
        "run", "--app", "main:app", *arguments, "--servers", "uvicorn", *SHORT, "--out", "run",
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == (2 if said else 0), done.stderr
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not said or not journal.read(folder / "run").slices


@pytest.mark.long
def test_the_status_alone_is_the_one_that_was_recorded(folder: Path) -> None:
    """Of POSTs too: 201, 202, 204 and 303 are right where the baseline gave them, and no other."""
    numbers = (201, 202, 204, 303)
    paths = [word for each in numbers for word in ("--path", f"/status/{each}")]
    done = bench(
        "run", "--app", "main:app", *paths, "--json", "{}", "--check", "status",
        "--servers", "uvicorn,hypercorn", *SHORT, "--budget", "20s", "--out", "run", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = outcomes(folder / "run")
    assert found.pop(("hypercorn", "POST /status/201")) == {Outcome.WRONG_STATUS}
    assert len(found) == 2 * len(numbers) - 1
    assert all(each == {Outcome.OK} for each in found.values())


@pytest.mark.long
def test_the_shop_needs_no_workload_file(tmp_path: Path) -> None:
    """From its folder, by one path."""
    run = tmp_path / "run"
    done = bench(
        "run", "--app", "shop.main:app", "--path", "/prices/7", "--quick",
        "--servers", "uvicorn,granian", "--no-selftest", "--format", "md,csv",
        "--out", str(run), cwd=ROOT / "examples" / "shop",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(each == {Outcome.OK} for each in outcomes(run).values())
    answers = json.loads((run / FILE).read_bytes())["workloads"]["/prices/7"]
    assert answers[0]["status"] == 200
    assert "9,093.00 EUR" in json.dumps(answers)
