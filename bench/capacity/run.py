"""One search for capacity, from what was resolved to the facts on disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.capacity.aim import AIM, OVERLOAD, TOP_RATE, Aim
from bench.capacity.experiment import Experiment
from bench.domain import Manifest, Purpose
from bench.journal import Journal, write_manifest
from bench.judge import CEILING_SHARE
from bench.laboratory import Contender, Laboratory
from bench.load.generator import CAPACITY
from bench.load.process import load_process
from bench.machine import pinned, share_out
from bench.options import MOST_RATE
from bench.preparation import (
    Environments,
    build_environments,
    check_app,
    gate_all,
    noted,
    prove,
    say_what_is_missing,
)
from bench.progress import Teller
from bench.resolve import Resolved
from bench.run import manifest

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
    tell.phase(f"preparing the environments of {len(wanted.profiles)} servers")
    environments = await build_environments(wanted)
    await check_app(wanted, environments, logs)
    cores = share_out(wanted.settings.generator_cores)
    tell.phase("starting the load generator")
    async with load_process(cores.generator, wanted.settings.generator_cores) as load:
        instrument = await load.instrument()
        say_what_is_missing(instrument, cores, tell)
        proof = await prove(wanted, load, cores, logs, tell)
        ceiling_rps = proof.ceiling_rps if proof else None
        facts = manifest(wanted, environments, command, started_at, cores, instrument, proof)
        top = top_rate(aim, ceiling_rps)
        write_manifest(folder, _of_capacity(facts, aim, top))
        with Journal(folder) as journal:
            laboratory = Laboratory(
                readiness=wanted.readiness,
                cores=cores,
                load=load,
                instrument=instrument,
                ceiling_rps=ceiling_rps,
                journal=journal,
                logs=logs,
                watcher=tell,
            )
            measuring = _measure(wanted, environments, aim, top, laboratory, tell)
            return await noted(journal, measuring)


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


def _of_capacity(facts: Manifest, aim: Aim, top: float) -> Manifest:
    settings = {**facts.settings, AIM: aim.settings, TOP_RATE: top}
    return replace(facts, purpose=Purpose.CAPACITY, settings=settings)


async def _measure(
    wanted: Resolved,
    environments: Environments,
    aim: Aim,
    top: float,
    laboratory: Laboratory,
    tell: Teller,
) -> set[str]:
    """Gate every server, then search with those that passed; the names of those that failed."""
    contenders = [Contender(p, wanted.app, environments[p.name]) for p in wanted.profiles]
    gates = await gate_all(wanted, contenders, laboratory.logs, tell)
    for passed in gates:
        laboratory.journal.write(passed)
    failed = {found.profile for found in gates if not found.passed}
    sound = [each for each in contenders if each.profile.name not in failed]
    if not sound:
        return failed
    experiment = Experiment(sound, wanted.settings, aim, top, laboratory)
    with pinned(laboratory.cores.servers):
        await experiment.run()
    return failed | experiment.failed
