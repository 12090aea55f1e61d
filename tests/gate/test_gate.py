"""The functional suite passes under every server, over every store."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bench.domain import Gate
from bench.gate import gate
from bench.resolve import SUITE
from servers import catalogue
from servers.app import items_app
from servers.environment import build
from servers.launch import launch
from servers.profile import Profile

SEVEN: Final = {profile.name: profile for profile in catalogue.defaults()}
IN_SQLITE: Final = {"ITEMS_STORAGE": "sqlite:///items.sqlite3"}  # in the server's own folder


async def gated(profile: Profile, tmp_path: Path, workers: int = 1) -> Gate:
    """Start the server and run the suite against it."""
    app = items_app()
    environment = await build(profile, app)
    log = tmp_path / f"{profile.name}.log"
    async with launch(profile, environment, app, log=log, workers=workers) as server:
        return await gate(profile.name, server.url, SUITE, tmp_path / "gate.log")


def failures(found: Gate) -> list[str]:
    """Say what failed; a suite that ran no test has failed too."""
    broken = [f"{test.name}: {test.message}" for test in found.tests if not test.passed]
    return broken if found.passed else [*broken, found.error or f"{len(found.tests)} tests"]


@pytest.mark.parametrize("name", SEVEN)
async def test_items_in_memory(name: str, tmp_path: Path) -> None:
    """Each server passes with the items in its own memory."""
    assert failures(await gated(SEVEN[name], tmp_path)) == []


@pytest.mark.parametrize("name", SEVEN)
async def test_items_in_sqlite(name: str, tmp_path: Path) -> None:
    """Each server passes with the items in a file; those that scale, with two workers."""
    profile = replace(SEVEN[name], env={**SEVEN[name].env, **IN_SQLITE})
    assert failures(await gated(profile, tmp_path, workers=1 + profile.scales)) == []
