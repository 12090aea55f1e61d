"""No test hangs for ever, whatever hangs in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 60.0
CONFTEST = "from tests.conftest import *"
CAUGHT = """
import threading
from tests import conftest

conftest.STUCK_S = 1.0

def test_it():
    while True:
        try:
            threading.Event().wait(0.01)
            raise RuntimeError
        except RuntimeError:
            pass
"""
CLEANING_UP = """
import pytest, threading
from tests import conftest

@pytest.fixture
def thing():
    yield
    threading.Event().wait()

def test_it(thing):
    conftest.STUCK_S = 0.2
    assert not "right"
"""
THREAD_LEFT = """
import pytest, threading
from tests import conftest

def test_it():
    threading.Thread(target=threading.Event().wait).start()

@pytest.fixture(autouse=True, scope="session")
def soon():
    yield
    conftest.STUCK_S = 0.2
"""


@pytest.mark.parametrize(
    ("text", "where"),
    [(CAUGHT, "in test_it"), (CLEANING_UP, "in thing"), (THREAD_LEFT, "in wait")],
    ids=["whatever ends it is caught", "it fails and cannot clean up", "a thread goes on"],
)
def test_what_is_stuck_ends_and_says_where(text: str, where: str, tmp_path: Path) -> None:
    """By the end of its process: xdist names the test, and goes on in another process."""
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_stuck.py").write_text(text, encoding="utf-8")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # one that ends tests is among them
    }

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull,
         "--rootdir", str(tmp_path), str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stdout
    assert "Timeout (0:00:0" in done.stderr
    assert where in done.stderr
