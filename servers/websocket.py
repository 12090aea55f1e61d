"""A server as it is run where WebSockets are measured, which its profile's line may do without."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from servers import catalogue
from servers.errors import ProfileError
from servers.profile import Lack, Profile
from servers.profile_files.protocol_tables import replaced


class Equipped(NamedTuple):
    """Servers with WebSockets, and who was left out, and why."""

    profiles: tuple[Profile, ...]
    left_out: tuple[str, ...]


def has_websockets(profile: Profile) -> bool:
    """Tell whether it has them, or can be given them."""
    return Lack.WEBSOCKET not in profile.lacks or profile.websocket is not None


def with_websocket(profile: Profile) -> Profile:
    """Return the same server, under its name, as it is run with WebSockets."""
    how = profile.websocket
    if how is None:
        return profile
    argv = profile.argv
    for old, new in how.replace:
        argv = replaced(argv, old.split(), new.split()) or argv
    return replace(
        profile,
        argv=(*argv, *how.add),
        requires=(*profile.requires, *how.requires),
        lacks=tuple(each for each in profile.lacks if each is not Lack.WEBSOCKET),
        websocket=None,
    )


def equipped(chosen: Sequence[Profile], workload: str) -> Equipped:
    """Return the servers that have WebSockets, which a workload needs, each as it has them.

    Raises ProfileError where none has.
    """
    able = tuple(with_websocket(profile) for profile in chosen if has_websockets(profile))
    needs = f"WebSockets, which workload '{workload}' needs"
    if not able:
        names = ", ".join(
            each.name for each in catalogue.builtin().values() if has_websockets(each)
        )
        named = ", ".join(each.name for each in chosen)
        raise ProfileError(f"none of {named} has {needs}; servers that have them: {names}")
    left_out = tuple(
        f"{profile.name} has no {needs}" for profile in chosen if not has_websockets(profile)
    )
    return Equipped(able, left_out)
