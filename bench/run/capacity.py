"""One search for capacity, from what was resolved to the facts on disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.analysis.capacity.goal import OVERLOAD, TOP_RATE, CapacityGoal
from bench.facts.journal import Journal, write_manifest
from bench.load.generator import CAPACITY
from bench.progress.listener import ProgressListener
from bench.run.capacity_experiment import CapacityExperiment
from bench.run.context import RunContext
from bench.run.environments import Prepared
from bench.run.judging import CEILING_SHARE
from bench.run.options import MOST_RATE
from bench.run.request import RunRequest
from bench.run.session import (
    contenders,
    gated,
    generator,
    laboratory,
    manifest,
    noted,
    prepared,
    prove,
)
from bench.system.machine import pinned, share_out

_ROOM: Final = 0.9  # of the requests that the generator can write down: a plan is random


async def run(
    wanted: RunRequest,
    aim: CapacityGoal,
    folder: Path,
    command: Sequence[str],
    started_at: str,
    progress: ProgressListener,
) -> set[str]:
    """Search, verify, overload; every fact is in `folder` as soon as it is known.

    Returns the profiles that failed their gate, did not start, or died under load.

    Raises ServerError and HarnessError. A cancellation ends every process, notes in the journal
    that the run was interrupted, and goes on its way.
    """
    logs = folder / "logs"
    logs.mkdir()
    ready = await prepared(wanted, logs, progress)
    wanted = ready.wanted
    cores = share_out(wanted.settings.generator_cores)
    async with generator(wanted, cores, progress) as (load, instrument):
        proof = await prove(wanted, load, cores, logs, progress)
        facts = manifest(wanted, ready.environments, command, started_at, cores, instrument, proof)
        top = top_rate(aim, proof.ceiling_rps if proof else None)
        facts = replace(facts, settings={**facts.settings, TOP_RATE: top})
        write_manifest(folder, facts)
        with Journal(folder) as journal:
            lab = laboratory(wanted, facts, cores, load, journal, logs, progress)
            return await noted(journal, _measure(ready, aim, top, lab, progress), ready, progress)


def top_rate(aim: CapacityGoal, ceiling_rps: float | None) -> float:
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
    aim: CapacityGoal,
    top: float,
    lab: RunContext,
    progress: ProgressListener,
) -> set[str]:
    """Gate every server, then search with those that passed; the names of those that failed."""
    wanted = ready.wanted
    sound, failed = await gated(ready, contenders(wanted, ready.environments), lab, (), progress)
    if not sound:
        return failed
    experiment = CapacityExperiment(sound, wanted.settings, aim, top, lab)
    with pinned(lab.cores.servers):
        await experiment.run()
    return failed | experiment.failed
