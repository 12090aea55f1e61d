"""One search for capacity, from what was resolved to the facts on disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.capacity.aim import OVERLOAD, TOP_RATE, Aim
from bench.capacity.experiment import Experiment
from bench.environments import Prepared
from bench.journal import Journal, write_manifest
from bench.judge import CEILING_SHARE
from bench.laboratory import Laboratory
from bench.load.generator import CAPACITY
from bench.machine import pinned, share_out
from bench.options import MOST_RATE
from bench.preparation import (
    contenders,
    gated,
    generator,
    laboratory,
    manifest,
    noted,
    prepared,
    prove,
)
from bench.progress import Teller
from bench.resolve import Resolved

_ROOM: Final = 0.9  # of the requests that the generator can write down: a plan is random


async def run(
    wanted: Resolved, aim: Aim, folder: Path, command: Sequence[str], started_at: str, tell: Teller
) -> set[str]:
    """Search, verify, overload; every fact is in `folder` as soon as it is known.

    Returns the profiles that failed their gate, did not start, or died under load.

    Raises ServerError and HarnessError. A cancellation ends every process, notes in the journal
    that the run was interrupted, and goes on its way.
    """
    logs = folder / "logs"
    logs.mkdir()
    ready = await prepared(wanted, logs, tell)
    wanted = ready.wanted
    cores = share_out(wanted.settings.generator_cores)
    async with generator(wanted, cores, tell) as (load, instrument):
        proof = await prove(wanted, load, cores, logs, tell)
        facts = manifest(wanted, ready.environments, command, started_at, cores, instrument, proof)
        top = top_rate(aim, proof.ceiling_rps if proof else None)
        facts = replace(facts, settings={**facts.settings, TOP_RATE: top})
        write_manifest(folder, facts)
        with Journal(folder) as journal:
            lab = laboratory(wanted, facts, cores, load, journal, logs, tell)
            return await noted(journal, _measure(ready, aim, top, lab, tell), ready, tell)


def top_rate(aim: Aim, ceiling_rps: float | None) -> float:
    """The highest rate that may be searched, requests a second.

    Where the generator's own cost is no great part of the figure, and what it notes of each request
    has room, in the overload too.
    """
    longest_s = max(aim.lead_in_s + aim.window_s, OVERLOAD * aim.overload_s)
    limits = [MOST_RATE, _ROOM * CAPACITY / longest_s]
    if ceiling_rps is not None:
        limits.append(ceiling_rps * CEILING_SHARE)
    return min(limits)


async def _measure(
    ready: Prepared,
    aim: Aim,
    top: float,
    lab: Laboratory,
    tell: Teller,
) -> set[str]:
    """Gate every server, then search with those that passed; the names of those that failed."""
    wanted = ready.wanted
    sound, failed = await gated(ready, contenders(wanted, ready.environments), lab, (), tell)
    if not sound:
        return failed
    experiment = Experiment(sound, wanted.settings, aim, top, lab)
    with pinned(lab.cores.servers):
        await experiment.run()
    return failed | experiment.failed
