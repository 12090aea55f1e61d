"""Recorded answers, 20 times over: each planted wrong answer is caught, and no right one is.

On real servers: uvicorn is asked first, and hypercorn is held against it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from rich.console import Console

from bench.cli.run_options import options_from
from bench.progress.plain import Quiet
from bench.run.before_load.environments import Prepared, built
from bench.run.before_load.right_answers import asked
from bench.run.context import Candidate
from bench.run.request.resolve import resolve
from bench.workload import Exchange
from bench.workloads.recorded.answer import Demanded
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet
from servers.launch import launch
from servers.server import Server
from tests.end_to_end.varied_app import CHANGING, NAMED, PLANTED, VARYING

TRIES: Final = 20
AT_ONCE: Final = 8
WRONG: Final = (*PLANTED, *CHANGING)


def prepared() -> Prepared:
    """Both servers, with their environments; the first is the baseline."""
    given = {
        "app": "varied_app:app",
        "app_dir": Path(__file__).parent,
        "paths": ("/float",),
        "servers": "uvicorn,hypercorn",
        "requirements": Path("none"),
        "isolated": True,
    }
    return asyncio.run(built(resolve(options_from(given)), Quiet(Console(stderr=True))))


@asynccontextmanager
async def running(ready: Prepared, number: int, logs: Path) -> AsyncIterator[Server]:
    """One of the servers."""
    profile = ready.wanted.profiles[number]
    async with launch(
        profile,
        ready.environments[profile.name],
        ready.wanted.app,
        log=logs / profile.slug,
        readiness=ready.wanted.readiness,
    ) as server:
        yield server


async def faults(exchanges: Sequence[Exchange]) -> Counter[str]:
    """How often each path is answered wrongly, of eight times at once; twice, where it varies."""
    found = Counter[str]()

    async def ask(client: httpx.AsyncClient, exchange: Exchange) -> None:
        answer = exchange.answer
        assert isinstance(answer, Demanded)
        response = await client.send(exchange.request)
        known = answer.accepts_head(response.headers.raw) and answer.accepts(response.content)
        found[exchange.request.url.path] += response.status_code != answer.status or not (
            known or answer.fault(response) is None
        )

    async with httpx.AsyncClient(trust_env=False) as client:
        for exchange in exchanges:
            for _ in range(2 if exchange.request.url.path in VARYING else 1):
                await asyncio.gather(*(ask(client, exchange) for _ in range(AT_ONCE)))
    return found


@pytest.mark.long
def test_what_is_wrong_is_caught_and_what_varies_is_right(tmp_path: Path) -> None:
    """20 records are made, each of new processes."""
    ready = prepared()
    requests = tuple(
        PlainRequest(path, "POST" if path == "/made" else "GET", status=NAMED.get(path))
        for path in (*VARYING, *WRONG)
    )
    named = RequestSet(source="it", requests=requests)
    profile = ready.wanted.profiles[0]
    baseline = Candidate(profile, ready.wanted.app, ready.environments[profile.name])

    async def tried() -> tuple[Counter[str], Counter[str]]:
        caught, alarms = Counter[str](), Counter[str]()
        progress = Quiet(Console(stderr=True))
        async with running(ready, 1, tmp_path) as other:
            for _ in range(TRIES):
                record = await asked({"it": named}, ready.wanted, baseline, tmp_path, progress)
                found = await faults(list(record["it"].exchanges(httpx.URL(other.url))))
                alarms.update(each for each in VARYING if found[each])
                caught.update(each for each in WRONG if found[each] == AT_ONCE)
        return caught, alarms

    caught, alarms = asyncio.run(tried())
    assert alarms == {}
    assert caught == dict.fromkeys(WRONG, TRIES)
