"""A server over another protocol than its profile has it speak, as a variant of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from servers import catalogue
from servers.errors import ProfileError
from servers.profile import Lack, Profile
from servers.protocol import Protocol, Spoken
from servers.tls import Tls, is_nearby


def spoken(profile: Profile) -> tuple[Protocol, ...]:
    """Return what a server can be asked by."""
    able = {profile.protocol, *profile.protocols}
    return tuple(protocol for protocol in Protocol if protocol in able)


def speaking(profile: Profile, protocol: Protocol) -> Profile:
    """Return the same server over a protocol, under a name that tells it, if that is another.

    It is served as it is measured: its line for the foreground is of the other protocol. Raises
    KeyError where it does not speak it.
    """
    if protocol is profile.protocol:
        return replace(profile, speaker=profile.name)
    how = profile.protocols[protocol]
    return replace(
        profile,
        name=f"{profile.name}@{protocol}",
        title=how.title or f"{profile.title}, {protocol}",
        argv=how.argv,
        url=how.url,
        requires=(*profile.requires, *how.requires),
        env={**profile.env, **dict(how.env)},
        tls=_tls(profile, protocol, how),
        protocol=protocol,
        speaker=profile.name,
        serve=None,
        faults=dict(how.faults),
        lacks=_lacks(profile, protocol),
    )


def _lacks(profile: Profile, protocol: Protocol) -> tuple[Lack, ...]:
    """Over HTTP/2 a WebSocket begins in another way (RFC 8441), which nothing here asks for."""
    if not protocol.has_streams or Lack.WEBSOCKET in profile.lacks:
        return profile.lacks
    return (*profile.lacks, Lack.WEBSOCKET)


class Over(NamedTuple):
    """Servers over the protocols that were asked for, and who was left out of one, and why."""

    profiles: tuple[Profile, ...]
    left_out: tuple[str, ...]


def over(chosen: Sequence[Profile], protocols: Sequence[Protocol]) -> Over:
    """Return each server over each protocol that it speaks, server by server.

    Raises ProfileError where nobody speaks one.
    """
    for protocol in protocols:
        if not any(protocol in spoken(profile) for profile in chosen):
            raise ProfileError(_nobody_speaks(protocol, chosen))
    able = tuple(
        speaking(profile, protocol)
        for profile in chosen
        for protocol in protocols
        if protocol in spoken(profile)
    )
    left_out = tuple(
        _does_not_speak(profile, protocol)
        for protocol in protocols
        for profile in chosen
        if protocol not in spoken(profile)
    )
    return Over(able, left_out)


def _does_not_speak(profile: Profile, protocol: Protocol) -> str:
    if profile.url is not None and protocol.secure and profile.url.startswith("http:"):
        return f"{profile.name} is at {profile.url}, and {protocol} needs an https:// URL"
    return f"{profile.name} does not speak {protocol}"


def _nobody_speaks(protocol: Protocol, chosen: Sequence[Profile]) -> str:
    """Say so, and who of the built-in servers does."""
    names = [profile.name for profile in catalogue.builtin().values()]
    able = [name for name in names if protocol in spoken(catalogue.builtin()[name])]
    if len(chosen) == 1:
        said = _does_not_speak(chosen[0], protocol)
    else:
        said = f"none of {', '.join(each.name for each in chosen)} speaks {protocol}"
    return f"{said}; servers that speak it: {', '.join(able)}"


def _tls(profile: Profile, protocol: Protocol, how: Spoken) -> Tls | None:
    """What it is asked for in the handshake; TLS 1.3 of servers that are started here."""
    if not protocol.secure:
        return None
    if how.url is None:
        return Tls(newest=True)
    return profile.tls or Tls(verified=not is_nearby(how.url))
