"""What there must be before anything is started: environments, and an app that can be imported."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.progress.listener import ProgressListener
from bench.run.before_load.environments import Environments, Prepared, built
from bench.run.own_app.folder_changes import states
from bench.run.own_app.readiness import readiness_note
from bench.run.request.resolve import RunRequest
from servers.apps.app import App, items_app
from servers.apps.importing import check_import
from servers.apps.missing_features import notes
from servers.processes.leftovers import advice, leftovers
from servers.profile import Interface, Lack
from servers.wait_limit import Patience

ALONE: Final = (
    "--alone: only one server runs at a time, so servers are not compared piece by piece: "
    "intervals are wider, and each server is started once more to find the rate"
)


async def prepared(wanted: RunRequest, logs: Path, progress: ProgressListener) -> Prepared:
    """Say what is left out, build the environments, and see that the app can be imported there."""
    if found := leftovers():
        progress.note(advice(found))
    for note in wanted.notes:
        progress.note(note)
    for reason in wanted.left_out:
        progress.note(f"left out: {reason}")
    first = next(iter(wanted.sources.values()), None)
    if wanted.readiness is not None and (doubtful := readiness_note(wanted.readiness, first)):
        progress.note(doubtful)
    if wanted.settings.alone:
        progress.note(ALONE)
    progress.phase(f"preparing the environments of {len(wanted.profiles)} servers")
    ready = await built(wanted, progress)
    apps = [ready.wanted.app_of(profile) for profile in ready.wanted.profiles]
    ready = replace(ready, folders=tuple(states(apps, logs.parent)))
    parts = await _check_apps(ready.wanted, ready.environments, logs, progress)
    if not parts or wanted.app == items_app():  # whose startup does nothing
        return ready
    for note in notes(ready.wanted.profiles, parts):
        progress.note(note)
    settings = replace(ready.wanted.settings, app_has=tuple(sorted(parts)))
    return replace(ready, wanted=replace(ready.wanted, settings=settings))


async def _check_apps(
    wanted: RunRequest, environments: Environments, logs: Path, progress: ProgressListener
) -> set[Lack]:
    """Import each app once for each interface: one clear line instead of seven servers' logs.

    Once more with the settings it is measured with, and where a profile sets variables: it may
    refuse them. Returns what they have that not every server runs.
    """
    patience = Patience(wanted.start_limit_s, lambda what: progress.waiting("app", what))
    parts: set[Lack] = set()
    seen: set[tuple[App, Interface, bool, frozenset[tuple[str, str]]]] = set()
    for profile in wanted.profiles:
        app, environment = wanted.app_of(profile), environments[profile.name]
        env = frozenset(profile.env.items())
        key = app, profile.interface, profile.settings is not None, env
        if environment is None or key in seen:
            continue
        seen.add(key)
        log = logs / f"import-{profile.slug}.log"
        parts |= await check_import(profile, environment, app, log, patience)
    return parts
