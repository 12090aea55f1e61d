"""Suites of the user's: those that ask no server are told so before anything starts."""

from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.run.own_app.suite import check_asks

ASKS = "import httpx\n\ndef test_it(base_url: str) -> None:\n    httpx.get(base_url)\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("from main import app\nclient = TestClient(app)\n", "TestClient("),
        (
            "\nc = AsyncClient(transport=ASGITransport(app), base_url='h')\n",
            "ASGITransport(",
        ),
        ("from main import app\nclient = app.test_client()\n", "test_client("),
        (
            "\nfrom django.test import Client\n",
            "from django.test import Client",
        ),
    ],
)
def test_a_suite_that_calls_the_app_itself(tmp_path: Path, text: str, named: str) -> None:
    """It would pass under any server; one line says where, and what to write."""
    suite = tmp_path / "test_app.py"
    suite.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        check_asks(tmp_path)
    assert f"test_app.py line 2 has '{named}'" in str(caught.value)
    assert "httpx.Client(base_url=base_url)" in str(caught.value)


@pytest.mark.parametrize("where", ["test_app.py", "conftest.py"])
def test_a_suite_that_asks_by_the_fixture(tmp_path: Path, where: str) -> None:
    """In a module of its own, or in a fixture of conftest.py: with a client in process beside."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_other.py").write_text("client = TestClient(app)\n", encoding="utf-8")
    ((tests if where.startswith("test") else tmp_path) / where).write_text(ASKS, encoding="utf-8")
    check_asks(tests)
