"""The environments of a run: built all at once, and what becomes of a server that cannot be had."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Final, TypeAlias

from bench.progress.listener import ProgressListener
from bench.run.own_app.folder_changes import FolderState
from bench.run.request.resolve import RunRequest, without
from bench.system.tasks import gather_all
from servers.apps.app import App
from servers.environments.cache import build
from servers.environments.environment import Environment
from servers.errors import ConflictError, ProfileError
from servers.profile import Interface, Profile, canonical

Environments: TypeAlias = Mapping[str, Environment | None]
"""By profile; None: it is not started here."""

_OF_A_SUITE: Final = ("pytest", "pytest-base-url", "httpx", "anyio")
"""What a suite that gates a server is run by, or asks it by."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be started.

    wanted: without the servers that are left out, and with launch lines for the versions that are
    installed. refused: servers that were named and cannot be had, with the reason. suites: what the
    user's own suite is run in, by profile. folders: that servers are started in, as they were.
    """

    wanted: RunRequest
    environments: Environments
    refused: Mapping[str, str] = field(default_factory=dict)
    suites: Mapping[str, Environment] = field(default_factory=dict)
    folders: Sequence[FolderState] = ()


async def built(wanted: RunRequest, progress: ProgressListener) -> Prepared:
    """Build what is not in the cache. Raises ServerError.

    A server that cannot be installed with what the app needs is left out, unless the user
    named it: then it fails its gate.
    """
    own = [profile for profile in wanted.profiles_and_twin if not profile.external]
    found = dict(
        zip(
            [profile.name for profile in own],
            await gather_all(_had(profile, wanted.app_of(profile)) for profile in own),
            strict=True,
        )
    )
    conflicts = {name: each for name, each in found.items() if isinstance(each, ConflictError)}
    environments = {name: each for name, each in found.items() if isinstance(each, Environment)}
    if len(conflicts) == len(wanted.profiles_and_twin):
        raise ProfileError(str(next(iter(conflicts.values()))))
    left_out = {name: str(why) for name, why in conflicts.items() if name not in wanted.named}
    wanted = without(wanted, left_out)
    twin, baseline = wanted.twin, environments.get(wanted.baseline)
    if twin and baseline and twin.name not in found:  # another baseline has been chosen
        environments[twin.name] = baseline
    shown = {
        each.name: environments[each.name] for each in wanted.profiles if each.name in environments
    }
    for line in (*(f"left out: {why}" for why in left_out.values()), *_changed_versions(shown)):
        progress.note(line)
    refused = {name: why.of_itself for name, why in conflicts.items() if name in wanted.named}
    return Prepared(
        _fitted(wanted, environments),
        {each.name: environments.get(each.name) for each in wanted.profiles_and_twin},
        refused,
        await _suites(wanted, environments, progress),
    )


async def _had(profile: Profile, app: App) -> Environment | ConflictError:
    try:
        return await build(profile, app)
    except ConflictError as error:
        return error


def _fitted(wanted: RunRequest, environments: Mapping[str, Environment]) -> RunRequest:
    """Give each profile the launch line of the version that is installed."""

    def fitted(profile: Profile) -> Profile:
        environment = environments.get(profile.name)
        return profile.fitted(environment.packages) if environment else profile

    return replace(
        wanted,
        profiles=tuple(map(fitted, wanted.profiles)),
        twin=fitted(wanted.twin) if wanted.twin else None,
    )


def _changed_versions(environments: Mapping[str, Environment]) -> Iterator[str]:
    """Say which versions are the app's and not the profiles', each once."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, environment in environments.items():
        for words in yielded(environment):
            found[words].append(name)
    for words, names in found.items():
        yield f"{words} (under {', '.join(names)})"
    if any(environment.without_project for environment in environments.values()):
        yield (
            "the app's own project could not be built: its dependencies are installed, and "
            "its modules are imported from --app-dir"
        )


def yielded(environment: Environment) -> Iterator[str]:
    """Say which versions are not the profile's: "uvicorn 0.22.0, the app's own pin"."""
    for package, own in environment.yielded.items():
        why = "the app's own pin" if own else "as the app's pins demand"
        yield f"{package} {environment.packages[package]}, {why}"


async def _suites(
    wanted: RunRequest, environments: Mapping[str, Environment], progress: ProgressListener
) -> Mapping[str, Environment]:
    """Build what the user's own suite runs in: the app's packages, and those of a suite."""
    if not wanted.own_suite:
        return {}
    suite = Profile(
        "the suite", Interface.ASGI, "the suite", requires=tuple(_requires()), package=None
    )
    apps = {
        each.name: wanted.app_of(each)
        for each in wanted.profiles_and_twin
        if each.name in environments
    }
    distinct = list({id(app): app for app in apps.values()}.values())
    try:
        made = await gather_all(build(suite, app) for app in distinct)
    except ConflictError as error:
        progress.note(f"the suite runs without the app's packages: {error}")
        return {}
    by_app = {id(app): environment for app, environment in zip(distinct, made, strict=True)}
    return {name: by_app[id(app)] for name, app in apps.items()}


def _requires() -> Iterator[str]:
    """The same versions as this program has."""
    for name in _OF_A_SUITE:
        try:
            yield f"{canonical(name)}=={version(name)}"
        except PackageNotFoundError:
            yield name
