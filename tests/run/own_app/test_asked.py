"""What is said of an app that was asked for."""

from pathlib import Path

import pytest

from bench.run.own_app.asked import asked_app
from bench.run.own_app.options import AppOptions


@pytest.mark.parametrize(
    ("given", "in_file", "told"),
    [
        (("GUNICORN_CMD_ARGS=--threads 4",), "WEB_CONCURRENCY=4\n", True),
        (("SHOP_CURRENCY=EUR",), "DEBUG=0\n", False),
    ],
)
def test_variables_that_servers_read_are_told(
    tmp_path: Path, given: tuple[str, ...], in_file: str, *, told: bool
) -> None:
    """They change some servers and not the others."""
    (tmp_path / ".env").write_text(in_file, encoding="utf-8")
    asked = asked_app(
        AppOptions(app="main:app", app_dir=tmp_path, app_env=given, env_files=(tmp_path / ".env",))
    )
    assert any("GUNICORN_CMD_ARGS and WEB_CONCURRENCY" in note for note in asked.notes) == told
