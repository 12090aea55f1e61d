"""The manifest: what a run is asked to do, with what, and where."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import __version__
from bench.facts.journal import FORMAT_VERSION
from bench.facts.run import Instrument, Manifest
from bench.facts.selftest import SelfTest
from bench.facts.server import ServerFacts
from bench.run.before_load.environments import Environments, yielded
from bench.run.own_app.digest import app_digest
from bench.run.request.options import NO_SUITE
from bench.run.request.resolve import RunRequest
from bench.system.machine import Cores, machine
from bench.system.repository import ROOT, commit, commit_of
from bench.workloads.contents import digests
from servers.apps.app import App, items_app
from servers.environments.environment import Environment
from servers.profile import Profile


def manifest(
    wanted: RunRequest,
    environments: Environments,
    command: Sequence[str],
    started_at: str,
    cores: Cores,
    instrument: Instrument,
    proof: SelfTest | None,
) -> Manifest:
    """Put down what a run is asked to do, with what, and where."""
    folder = _app_folder(wanted)
    return Manifest(
        format_version=FORMAT_VERSION,
        purpose=wanted.purpose,
        weighbridge=__version__,
        started_at=started_at,
        seed=wanted.settings.seed,
        command=tuple(command),
        settings=replace(
            wanted.settings,
            workload_files=digests(wanted.sources) or None,
            left_out=wanted.left_out or None,
        ),
        machine=machine(cores),
        servers=tuple(_server(p, environments[p.name], wanted) for p in wanted.profiles_and_twin),
        app=wanted.app.asgi or wanted.app.wsgi or "",
        tests=_shown(wanted.suite) if wanted.suite else NO_SUITE,
        commit=commit(),
        baseline=wanted.baseline,
        instrument=instrument,
        selftest=proof,
        stage=wanted.settings.stage,
        app_commit=commit_of(folder) if folder else None,
        app_digest=_app_digest(wanted.app, folder),
    )


def _app_folder(wanted: RunRequest) -> Path | None:
    """The folder from which all servers that are started here run the app; None: not one."""
    started = [profile for profile in wanted.profiles if not profile.external]
    folders = {wanted.app_of(profile).directory for profile in started}
    return folders.pop() if len(folders) == 1 else None


def _app_digest(app: App, folder: Path | None) -> str | None:
    """That of the app's files; of the items app where it is installed, the version tells."""
    if folder is None or (app == items_app() and commit() is None):
        return None
    return app_digest(folder)


def _server(profile: Profile, environment: Environment | None, wanted: RunRequest) -> ServerFacts:
    return ServerFacts(
        name=profile.name,
        title=profile.title,
        interface=profile.interface,
        argv=profile.argv,
        packages=dict(environment.packages) if environment else {},
        yielded=tuple(yielded(environment)) if environment else (),
        url=profile.url,
        settings=dict(profile.settings.shown) if profile.settings else {},
        bare=profile.settings.bare if profile.settings else None,
        twin_of=wanted.baseline if profile is wanted.twin else None,
        lacks=tuple(profile.lacks),
        connection=profile.connection,
        protocol=str(profile.protocol),
        speaker=None if profile is wanted.twin else profile.speaker,
        target=None if profile.external else wanted.app_of(profile).target(profile),
        directory=_shown(profile.directory),
    )


def _shown(path: Path) -> str:
    """A path as a reader on another machine can use it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
