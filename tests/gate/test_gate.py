"""The functional suite passes under every server, over every store."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bench.facts.server import Gate
from bench.run.before_load.gate import Runner, gate, told_of
from bench.run.request.resolve import SUITE
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.processes.keeper_client import keep
from servers.profile import Profile
from servers.protocol import Protocol
from servers.speaking import speaking
from tests.everyday import few_of

SEVEN: Final = {profile.name: profile for profile in catalogue.defaults()}
OVER: Final = {
    derived.name: derived
    for profile in catalogue.builtin().values()
    for protocol in profile.protocols
    if protocol is not Protocol.H3
    for derived in [speaking(profile, protocol)]
}
IN_SQLITE: Final = {"ITEMS_STORAGE": "sqlite:///items.sqlite3"}  # in the server's own folder


async def gated(profile: Profile, tmp_path: Path, workers: int = 1) -> Gate:
    """Start the server and run the suite against it."""
    app = items_app()
    environment = await build(profile, app)
    log = tmp_path / f"{profile.slug}.log"
    async with launch(profile, environment, app, log=log, workers=workers) as server:
        log, told = tmp_path / "gate.log", told_of(profile)
        return await gate(profile.name, server.url, SUITE, log, told=told, known=profile.faults)


def failures(found: Gate) -> list[str]:
    """Say what failed; a suite that ran no test has failed too."""
    broken = [f"{test.name}: {test.message}" for test in found.tests if test.keeps_out]
    return broken if found.passed else [*broken, found.error or f"{len(found.tests)} tests"]


@pytest.mark.long
@pytest.mark.parametrize("storage", ["memory", "sqlite:///items.sqlite3"])
async def test_in_process(storage: str, tmp_path: Path) -> None:
    """The app passes without any server too; over memory, tests/test_items.py says so every day."""
    log = tmp_path / "gate.log"
    argv = [sys.executable, "-m", "pytest", str(SUITE), "-q", "-p", "no:cacheprovider"]
    env = os.environ | {"ITEMS_STORAGE": storage, "PYTHONPATH": str(items_app().directory)}
    async with keep(argv, log=log, env=env, cwd=tmp_path) as suite:
        assert await suite.wait() == 0, log.read_text(encoding="utf-8")
    assert (tmp_path / "items.sqlite3").exists() == storage.startswith("sqlite")


@pytest.mark.parametrize("profile", few_of(OVER, {"hypercorn@h2"}))
async def test_over_another_protocol(profile: Profile, tmp_path: Path) -> None:
    """The server is asked in it, and fails no test but those by which its faults are known."""
    found = await gated(profile, tmp_path)
    assert failures(found) == []
    assert {test.name for test in found.tests if test.known_fault} == set(profile.faults)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a keeper's end is not its suite's")
async def test_a_keeper_that_is_lost_is_no_gate(tmp_path: Path) -> None:
    """What it gates has failed; the run of the others goes on."""
    suite = tmp_path / "test_killing.py"
    suite.write_text(
        "import os\n\ndef test_first():\n    os.kill(os.getppid(), 9)\n", encoding="utf-8"
    )
    found = await gate("uvicorn", "http://127.0.0.1:1", suite, tmp_path / "gate.log")
    assert not found.passed
    assert found.error is not None
    assert "the keeper of python" in found.error


async def test_an_aborted_suite_is_no_gate(tmp_path: Path) -> None:
    """Pytest's other exits than "passed" and "failed" are no proof, whatever passed before."""
    suite = tmp_path / "test_aborted.py"
    suite.write_text(
        "import pytest\n\ndef test_first(): pass\n\ndef test_second(): pytest.exit('no', 3)\n",
        encoding="utf-8",
    )
    found = await gate("uvicorn", "http://127.0.0.1:1", suite, tmp_path / "gate.log")
    assert not found.passed
    assert "pytest exit status 3" in (found.error or "")


@pytest.mark.parametrize("profile", few_of(SEVEN, {"uvicorn"}))
async def test_items_in_memory(profile: Profile, tmp_path: Path) -> None:
    """Each server passes with the items in its own memory."""
    assert failures(await gated(profile, tmp_path)) == []


@pytest.mark.long
@pytest.mark.parametrize("name", SEVEN)
async def test_items_in_sqlite(name: str, tmp_path: Path) -> None:
    """Each server passes with the items in a file; those that scale, with two workers."""
    profile = replace(SEVEN[name], env={**SEVEN[name].env, **IN_SQLITE})
    assert failures(await gated(profile, tmp_path, workers=1 + profile.scales)) == []


async def test_a_suite_of_the_users_in_its_project(tmp_path: Path) -> None:
    """It imports from the project; its options of pytest may ask for what is not there."""
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--cov"\n')
    (tmp_path / "shop.py").write_text("PRICE = 2\n")
    suite = tmp_path / "tests" / "test_shop.py"
    suite.parent.mkdir()
    suite.write_text("import shop\n\ndef test_it(base_url): assert base_url and shop.PRICE == 2\n")
    runner = Runner(folder=tmp_path)
    found = await gate("uvicorn", "http://127.0.0.1:1", suite, tmp_path / "gate.log", runner)
    assert failures(found) == []


async def test_what_a_suite_of_the_users_lacks(tmp_path: Path) -> None:
    """It is said what it has, and how it gets more."""
    suite = tmp_path / "test_shop.py"
    suite.write_text("import not_there\n\ndef test_it(base_url): pass\n")
    runner = Runner(folder=tmp_path)
    found = await gate("uvicorn", "http://127.0.0.1:1", suite, tmp_path / "gate.log", runner)
    [told] = found.tests
    assert "No module named 'not_there'; the suite has the app's packages" in told.message
