"""A workload file is written, and measured as it stands."""

from pathlib import Path

import pytest

from bench.facts import journal
from bench.facts.slice import Outcome
from tests.end_to_end.program import bench, run_here

APP = """
import itertools, json

made = itertools.count()

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    await receive()
    key = dict(scope["headers"]).get(b"x-api-key")
    status, body = 200, b'{"price": 7.50}'
    if scope["method"] == "POST":
        status, body = 201, json.dumps({"id": next(made)}).encode()
    if key != b"s3cr3t-key":
        status, body = 401, b"{}"
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--path", "/x"), "'load.py' exists, and is not overwritten"),
        (("--path", "/x", "load.txt"), "give one that ends with .py"),
        (("new.py",), "init needs to know what is sent"),
    ],
)
def test_nothing_is_overwritten(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """In one line, before anything is started."""
    (tmp_path / "load.py").write_text("mine", encoding="utf-8")
    done = run_here("init", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert [each.name for each in tmp_path.iterdir()] == ["load.py"]
    assert (tmp_path / "load.py").read_text(encoding="utf-8") == "mine"


@pytest.mark.long
def test_what_is_written_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path and a curl command, with a key that is in no file, under two servers."""
    (tmp_path / "main.py").write_text("# FastAPI()\n" + APP, encoding="utf-8")
    (tmp_path / "none.txt").write_text("", encoding="utf-8")
    app = ("--app", "main:app", "--requirements", "none.txt")
    header = "X-Api-Key: s3cr3t-key"
    done = bench(
        "init", *app, "--path", "/price", "--header", header,
        "--curl", f"curl -d a=1 http://h/orders -H '{header}'", "orders.py", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Written to orders.py: 2 requests" in done.stdout
    text = (tmp_path / "orders.py").read_text(encoding="utf-8")
    assert "s3cr3t" not in text
    assert """is_text('{"price": 7.50}')""" in text
    assert "status=201" in text

    run = (
        "run", *app, "--tests", "none", "--workload", "orders.py", "--servers", "uvicorn,hypercorn",
        "--no-selftest", "--not-against-itself", "--rate", "100", "--rounds", "1", "--budget", "9s",
        "--format", "csv", "--out", "run",
    )  # fmt: skip
    refused = bench(*run, cwd=tmp_path)
    assert refused.returncode == 2
    assert "set WORKLOAD_X_API_KEY in the environment first" in refused.stderr
    monkeypatch.setenv("WORKLOAD_X_API_KEY", "s3cr3t-key")
    done = bench(*run, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(set(one.outcomes) == {Outcome.OK} for one in journal.read(tmp_path / "run").slices)
