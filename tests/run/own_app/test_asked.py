"""What is said of an app that was asked for."""

from pathlib import Path

import pytest

from bench.errors import UsageError
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


@pytest.mark.parametrize(("asked", "told"), [("<3", True), (">=3.8", False), ("odd", False)])
def test_another_python_than_the_app_asks_for_is_told(
    tmp_path: Path, asked: str, *, told: bool
) -> None:
    """Before anything is built; uv would install without a word."""
    text = f'[project]\nname = "x"\nrequires-python = "{asked}"\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    notes = asked_app(AppOptions(app="main:app", app_dir=tmp_path)).notes
    assert any(note.startswith(f"the app asks for Python {asked}") for note in notes) == told


def test_a_colon_in_the_path_of_the_folder_is_refused(tmp_path: Path) -> None:
    """No server could import from there; a copy lies elsewhere."""
    folder = tmp_path / "a:b"
    folder.mkdir()
    with pytest.raises(UsageError, match=r"has ':' in its path, .*or give --copy"):
        asked_app(AppOptions(app="main:app", app_dir=folder))
    assert asked_app(AppOptions(app="main:app", app_dir=folder, copy=True)).app.directory == folder
