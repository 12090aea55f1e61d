"""A long load: what is kept of it, and what is said of the generator's memory."""

import json
from pathlib import Path

import pytest

from bench.errors import HarnessError
from bench.facts.slice import Outcome
from bench.load.order import Target
from bench.load.process import load_process
from bench.proof.soak import FILE, GROWTH_ALLOWED_BYTES, Soak, soak
from tests.load.server import answering, replying, serving

MIB = 2**20
WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url.join("/items/1")), Checked(lambda r: None))
"""


@pytest.mark.parametrize(
    ("memory_mib", "growth_mib", "bounded"),
    [
        ([], None, None),
        ([90], None, None),
        ([90, 90], 0, True),
        ([80, 90, *[90] * 18], 0, True),
        ([90] * 19 + [91], 1, True),
        ([90] * 19 + [92], 2, False),
        ([*range(90, 110)], 18, False),
    ],
)
def test_growth_is_counted_from_the_end_of_the_warm_up(
    memory_mib: list[int], growth_mib: int | None, *, bounded: bool | None
) -> None:
    """A tenth of the slices may fill caches; from then on a mebibyte is too much."""
    found = Soak(5000.0, memory_bytes=[size * MIB for size in memory_mib])
    assert found.growth_bytes == (None if growth_mib is None else growth_mib * MIB)
    assert found.bounded is bounded
    assert GROWTH_ALLOWED_BYTES == MIB


async def test_every_slice_is_on_disk_and_their_sum_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many requests as the rate demands, over all slices."""
    monkeypatch.setattr("bench.proof.soak.SLICE_S", 0.1)
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    told = []
    async with load_process(None) as load:
        with serving(answering()) as served:
            target = Target("one", served.url, str(path), seed=1)
            await load.attach(target)
            found = await soak(
                load, target, tmp_path, duration_s=1.0, rate=500, connections=4, seed=1,
                tell=lambda so_far, _: told.append(so_far.slices),
            )  # fmt: skip
    lines = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    assert told == list(range(1, len(lines) + 1))
    assert len(lines) >= 2
    assert set(found.outcomes) == {Outcome.OK}
    assert found.response.total == found.outcomes[Outcome.OK]
    assert sum(json.loads(line)["outcomes"]["ok"] for line in lines) == found.response.total
    assert all(json.loads(line)["generator_rss_bytes"] > MIB for line in lines)


async def test_a_server_that_has_gone_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour of failures is worth no more than a slice of them."""
    monkeypatch.setattr("bench.proof.soak.SLICE_S", 0.1)
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    async with load_process(None) as load:
        with serving(replying(lambda peer, _: peer.close())) as served:
            target = Target("one", served.url, str(path), seed=1)
            await load.attach(target)
            with pytest.raises(HarnessError, match="stopped responding"):
                await soak(
                    load, target, tmp_path, duration_s=3600, rate=50, connections=2, seed=1,
                    tell=lambda *_: None,
                )  # fmt: skip
