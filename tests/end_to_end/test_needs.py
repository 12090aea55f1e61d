"""What apps need installed, from the folder of their project to the figures."""

import csv
from pathlib import Path

import pytest

from bench.facts import journal
from tests.end_to_end.program import measured

MAIN = """
import prices
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def price():
    return {"price": prices.PRICE}
"""
LOAD = """
import httpx
from bench.workload import Checked, Exchange


def exchanges(base_url):
    right = Checked(lambda answer: None if answer.json() == {"price": PRICE} else answer.text)
    yield Exchange(httpx.Request("GET", base_url), right)
"""
SUITE = """
import httpx
import prices


def test_price(base_url):
    assert httpx.get(base_url).json() == {"price": prices.PRICE}
"""
SHORT = ("--rounds", "1", "--rate", "200", "--servers", "uvicorn,gunicorn-asgi")


def price(project: Path, of: int) -> None:
    """Change the price in the package and in what is expected."""
    (project / "libs" / "prices" / "prices.py").write_text(f"PRICE = {of}\n")
    (project / "load.py").write_text(LOAD.replace("PRICE", str(of)))


@pytest.mark.long
def test_pins_and_packages_of_a_project(tmp_path: Path) -> None:
    """Its own pins are measured, its changed code is served, and who cannot be had is seen."""
    package = tmp_path / "libs" / "prices"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        '[project]\nname = "prices"\nversion = "1"\n[tool.setuptools]\npy-modules = ["prices"]\n'
    )
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "test_price.py").write_text(SUITE)
    (tmp_path / "base.txt").write_text("fastapi==0.95.2\npydantic==1.10.13\ngunicorn==20.1.0\n")
    text = "-rbase.txt  # what is common\nuvicorn==0.22.0\r\n./libs/prices\n"
    (tmp_path / "requirements.txt").write_bytes(text.encode("utf-16"))

    for number in (2, 3):
        price(tmp_path, number)
        folder = tmp_path / f"run{number}"
        done = measured(
            "--app", "main:app", "--tests", "test_price.py", "--workload", "load.py", *SHORT,
            "--budget", "4s", "--out", str(folder), cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr  # gunicorn-asgi was named, and cannot be had
        facts = journal.read(folder)
        uvicorn, gunicorn = facts.manifest.servers
        assert uvicorn.yielded == ("uvicorn 0.22.0, the app's own pin",)
        assert gunicorn.packages == {}
        failed = {gate.profile: gate.error for gate in facts.gates if not gate.passed}
        assert "gunicorn 20.1.0, the app's own pin (base.txt line 3)" in (
            failed.pop("gunicorn-asgi") or ""
        )
        assert failed == {}
        with (folder / "summary.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["avg_ms"]]
        assert {(row["profile"], row["failures"]) for row in rows} == {("uvicorn", "0")}
        assert "uvicorn 0.22.0, the app's own pin" in done.stderr
        assert "own pin" in (folder / "report.md").read_text(encoding="utf-8")
