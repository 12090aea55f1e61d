"""One run, from what was resolved to the facts on disk: environments, gates, experiment."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench import __version__
from bench.domain import Instrument, Manifest, Purpose, SelfTest, ServerFacts
from bench.experiment import Experiment
from bench.journal import FORMAT_VERSION, Journal, write_manifest
from bench.laboratory import Contender, Laboratory
from bench.load.process import load_process
from bench.machine import Cores, machine, pinned, share_out
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
from bench.repository import ROOT, commit
from bench.resolve import NO_SUITE, Resolved
from servers.environment import Environment
from servers.profile import Profile


async def run(
    wanted: Resolved, folder: Path, command: Sequence[str], started_at: str, tell: Teller
) -> set[str]:
    """Measure; every fact is in `folder` as soon as it is known.

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
        facts = manifest(wanted, environments, command, started_at, cores, instrument, proof)
        write_manifest(folder, facts)
        with Journal(folder) as journal:
            laboratory = Laboratory(
                readiness=wanted.readiness,
                cores=cores,
                load=load,
                instrument=instrument,
                ceiling_rps=proof.ceiling_rps if proof else None,
                journal=journal,
                logs=logs,
                watcher=tell,
            )
            return await noted(journal, _measure(wanted, environments, laboratory, tell))


def manifest(
    wanted: Resolved,
    environments: Environments,
    command: Sequence[str],
    started_at: str,
    cores: Cores,
    instrument: Instrument,
    proof: SelfTest | None,
) -> Manifest:
    """Put down what a run is asked to do, with what, and where."""
    return Manifest(
        format_version=FORMAT_VERSION,
        purpose=Purpose.COMPARISON,
        weighbridge=__version__,
        started_at=started_at,
        seed=wanted.settings.seed,
        command=tuple(command),
        settings=asdict(wanted.settings),
        machine=machine(cores),
        servers=tuple(_server(p, environments[p.name]) for p in wanted.profiles),
        app=wanted.app.asgi or wanted.app.wsgi or "",
        tests=_shown(wanted.suite) if wanted.suite else NO_SUITE,
        commit=commit(),
        baseline=wanted.baseline,
        instrument=instrument,
        selftest=proof,
    )


def _server(profile: Profile, environment: Environment | None) -> ServerFacts:
    return ServerFacts(
        name=profile.name,
        title=profile.title,
        interface=profile.interface,
        argv=profile.argv,
        packages=dict(environment.packages) if environment else {},
        url=profile.url,
        settings=dict(profile.settings.shown) if profile.settings else {},
        bare=profile.settings.bare if profile.settings else None,
    )


def _shown(path: Path) -> str:
    """A path as a reader on another machine can use it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


async def _measure(
    wanted: Resolved, environments: Environments, laboratory: Laboratory, tell: Teller
) -> set[str]:
    """Gate every server, then load those that passed; the names of those that failed."""
    contenders = [Contender(p, wanted.app, environments[p.name]) for p in wanted.profiles]
    gates = await gate_all(wanted, contenders, laboratory.logs, tell)
    for passed in gates:
        laboratory.journal.write(passed)
    failed = {found.profile for found in gates if not found.passed}
    sound = [c for c in contenders if c.profile.name not in failed]
    if not sound:
        return failed
    experiment = Experiment(sound, wanted.settings, laboratory)
    with pinned(laboratory.cores.servers):
        await experiment.run()
    return failed | experiment.failed
