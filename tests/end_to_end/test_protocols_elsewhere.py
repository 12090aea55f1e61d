"""A server that somebody else runs, over two protocols: measured, interrupted, and resumed."""

import asyncio
from pathlib import Path

import pytest

from bench.analysis.summary import summarize
from bench.facts import journal
from bench.facts.slice import Outcome
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.protocol import Protocol
from servers.speaking import speaking
from tests.end_to_end.program import bench, killed

OVER = ("far", "far@h2")


@pytest.mark.long
async def test_a_run_over_two_protocols_is_resumed(tmp_path: Path) -> None:
    """Hypercorn speaks both behind one address; whoever measures it is told by URL alone."""
    profile, app = speaking(catalogue.builtin()["hypercorn"], Protocol.H2), items_app()
    folder, far = tmp_path / "run", tmp_path / "far.toml"
    async with launch(profile, await build(profile, app), app, log=tmp_path / "log") as server:
        far.write_text(
            f'name = "far"\ninterface = "asgi"\nurl = "https://127.0.0.1:{server.address.port}"\n',
            encoding="utf-8",
        )
        await asyncio.to_thread(
            killed, folder,
            "run", "--no-selftest", "--not-against-itself", "--profile", str(far),
            "--servers", "far", "--protocol", "https/1.1", "--protocol", "h2", "--insecure",
            "--tests", "none", "--rate", "100", "--rounds", "2", "--budget", "30s", "--seed", "11",
            "--format", "md",
        )  # fmt: skip
        before = len(journal.read(folder).slices)
        done = await asyncio.to_thread(bench, "run", "--resume", str(folder))
    assert done.returncode == 0, done.stderr
    facts = journal.read(folder)
    assert len(facts.slices) > before
    assert {one.cell.profile for one in facts.slices} == set(OVER)
    assert {outcome for one in facts.slices for outcome in one.outcomes} == {Outcome.OK}
    assert {row.protocol for each in summarize(facts).sections for row in each.rows} == {
        "https/1.1", "h2",
    }  # fmt: skip
