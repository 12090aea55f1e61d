"""What there must be before anything is started: environments, and an app that can be imported."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.progress.listener import ProgressListener
from bench.run.before_load.environments import Environments, Prepared, built
from bench.run.own_app.folder_changes import states
from bench.run.own_app.readiness import readiness_note
from bench.run.request.resolve import RunRequest
from bench.workloads.requests.request_set import RequestSet
from servers.apps.app import App, items_app
from servers.apps.missing_features import notes
from servers.import_check.importing import Imported, check_import
from servers.processes.leftovers import advice, leftovers
from servers.profile import Interface, Lack
from servers.wait_limit import Patience

ALONE: Final = (
    "--alone: only one server runs at a time, so servers are not compared piece by piece: "
    "intervals are wider, and each server is started once more to find the rate"
)


async def prepared(wanted: RunRequest, logs: Path, progress: ProgressListener) -> Prepared:
    """Say what is left out, build the environments, and see that the app can be imported there."""
    if left := leftovers():
        progress.note(advice(left))
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
    found = await _check_apps(ready.wanted, ready.environments, logs, progress)
    documents = tuple(dict.fromkeys(each.document for each in found if each.document))
    ready = replace(ready, wanted=_knowing(ready.wanted, documents))
    parts = frozenset[Lack]().union(*(each.parts for each in found))
    if not parts or wanted.app == items_app():  # whose startup does nothing
        return ready
    for note in notes(ready.wanted.profiles, parts):
        progress.note(note)
    settings = replace(ready.wanted.settings, app_has=tuple(sorted(parts)))
    return replace(ready, wanted=replace(ready.wanted, settings=settings))


async def _check_apps(
    wanted: RunRequest, environments: Environments, logs: Path, progress: ProgressListener
) -> list[Imported]:
    """Import each app once for each interface: one clear line instead of seven servers' logs.

    Once more with the settings it is measured with, and where a profile sets variables: it may
    refuse them.
    """
    patience = Patience(wanted.start_limit_s, lambda what: progress.waiting("app", what))
    found: list[Imported] = []
    seen: set[tuple[App, Interface, bool, frozenset[tuple[str, str]]]] = set()
    for profile in wanted.profiles:
        app, environment = wanted.app_of(profile), environments[profile.name]
        env = frozenset(profile.env.items())
        key = app, profile.interface, profile.settings is not None, env
        if environment is None or key in seen:
            continue
        seen.add(key)
        log = logs / f"import-{profile.slug}.log"
        found.append(await check_import(profile, environment, app, log, patience))
    return found


def _knowing(wanted: RunRequest, documents: tuple[str, ...]) -> RunRequest:
    """The same, where the app itself has said at which paths its OpenAPI documents are."""
    sources = {
        label: replace(source, plan=source.plan.knowing(documents))
        if isinstance(source, RequestSet) and source.plan is not None
        else source
        for label, source in wanted.sources.items()
    }
    return replace(wanted, sources=sources)
