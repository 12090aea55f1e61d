"""Scripts that become a server: run by sh, with an interpreter that says what it was given."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from servers.apps.app import App
from servers.command import Address, LaunchPlan
from servers.environments.environment import Environment
from servers.folders import Folders
from servers.profile import Interface, Profile
from servers.start_script import start_script

SAYING: Final = """#!/usr/bin/env python3
import json, os, sys
print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}))
"""
SERVER: Final = Profile(
    "own", Interface.ASGI, "own", ("{python}", "{app}", "--at={host}:{port}", "it's", "{workers}")
)


def started(
    folder: Path, profile: Profile = SERVER, *, of_items: bool = False, **env: str
) -> dict[str, Any]:
    """Write a script, run it, and return what its server was given."""
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    python.write_text(SAYING, encoding="utf-8")
    python.chmod(0o755)
    code = folder / "the app"
    code.mkdir()
    plan = LaunchPlan(
        profile,
        Environment(folder, {}),
        App("main:app", None, code),
        Address("0.0.0.0", 8000),  # noqa: S104 - nothing listens
        Folders(start=code, code=code, home=code),
    )
    text = start_script(plan, of_items=of_items)
    given = {"PATH": "/usr/local/bin:/usr/bin:/bin", **env}
    done = subprocess.run(
        ["sh", "-eu"], input=text, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_it_was_written_for(tmp_path: Path) -> None:
    """Without variables it starts on the port and with the workers that were named."""
    found = started(tmp_path)
    assert found["argv"] == ["main:app", "--at=0.0.0.0:8000", "it's", "1"]
    assert found["cwd"] == found["env"]["PYTHONPATH"] == str(tmp_path / "the app")
    assert found["env"]["PATH"].startswith(f"{tmp_path}/bin:")


def test_port_and_workers_of_the_environment(tmp_path: Path) -> None:
    """They are chosen when it is run."""
    found = started(tmp_path, PORT="9000", WORKERS="4", PYTHONPATH="/more")
    assert found["argv"] == ["main:app", "--at=0.0.0.0:9000", "it's", "4"]
    assert found["env"]["PYTHONPATH"] == f"{tmp_path}/the app:/more"


def test_variables_of_the_profile(tmp_path: Path) -> None:
    """They are set, filled in, as they are where the server is measured."""
    env = {"LISTEN": "{host}:{port}", "MOTTO": "it's $HOME"}
    profile = Profile("own", Interface.ASGI, "own", ("{python}",), env=env)
    found = started(tmp_path, profile, PORT="9000")
    assert {name: found["env"][name] for name in env} == {
        "LISTEN": "0.0.0.0:9000",
        "MOTTO": "it's $HOME",
    }


@pytest.mark.parametrize(("workers", "shared"), [("1", ""), ("2", "sqlite:///")])
def test_workers_of_the_items_app_share_a_store(workers: str, shared: str, tmp_path: Path) -> None:
    """One that is made when they start, unless one was named."""
    found = started(tmp_path, of_items=True, WORKERS=workers)
    assert found["env"].get("ITEMS_STORAGE", "")[:10] == shared


def test_a_store_that_was_named(tmp_path: Path) -> None:
    """It is used."""
    found = started(tmp_path, of_items=True, WORKERS="2", ITEMS_STORAGE="sqlite:////data/i")
    assert found["env"]["ITEMS_STORAGE"] == "sqlite:////data/i"


def test_one_that_has_no_workers(tmp_path: Path) -> None:
    """More than one are refused, in a line."""
    profile = Profile("own", Interface.ASGI, "own", ("{python}",))
    with pytest.raises(AssertionError, match="own runs one worker: leave WORKERS out"):
        started(tmp_path, profile, WORKERS="2")
