"""All seven servers can be counted, with their extensions, threads and processes."""

from pathlib import Path

import pytest

from bench.counting.count import BlockPlan, Countable, Start, count
from bench.counting.tool import meter
from bench.facts.instructions import Counter
from servers.apps.app import items_app
from servers.catalogue import defaults
from servers.environments.cache import build
from servers.profile import Profile
from tests.counting.tiny import needs_valgrind

LEAST = 100_000  # instructions a request: FastAPI alone takes more
FEW = BlockPlan(requests=50, blocks=2, uncounted=100, idle_s=0.5)
PROCESSES = {"gunicorn": 2, "gunicorn-asgi": 2, "granian": 2, "hypercorn": 3, "uwsgi": 3}


@needs_valgrind
@pytest.mark.long
@pytest.mark.parametrize("profile", defaults(), ids=lambda profile: profile.name)
async def test_counted(profile: Profile, tmp_path: Path) -> None:
    """Blocks are alike to some per cent, and the processes are those of its launch line."""
    app = items_app()
    what = Countable(
        profile, app, await build(profile, app), "get_item", "get_item", blocks=FEW,
        start_limit_s=120,
    )  # fmt: skip
    with meter(Counter.VALGRIND) as found:
        fact = (await count(what, Start(1, tmp_path / "log"), found, Counter.VALGRIND)).count
    figures = [block.per_request() for block in fact.blocks]
    assert min(figures) > LEAST
    assert max(figures) / min(figures) < 1.05
    assert fact.processes == PROCESSES.get(profile.name, 1)
