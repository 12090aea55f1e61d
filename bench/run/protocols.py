"""Which protocols servers are measured over: what was asked for, and who speaks it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bench.errors import UsageError
from bench.run.options import Options
from servers.profile import Profile
from servers.protocol import Protocol
from servers.speaking import Over, over

DEFAULT_STREAMS: Final = 8


def asked_protocols(options: Options) -> tuple[Protocol, ...]:
    """Each protocol once, in the order given; none: each server speaks what its profile says."""
    return tuple(dict.fromkeys(map(Protocol, options.protocols or ())))


def streams(options: Options) -> int | None:
    """Requests in flight on one connection at the most; None where no protocol has streams.

    Raises UsageError where they were asked for in vain.
    """
    protocols = asked_protocols(options)
    if any(protocol.has_streams for protocol in protocols):
        return options.streams or DEFAULT_STREAMS
    if options.streams is not None:
        raise UsageError(
            f"--streams {options.streams} is for protocols that have streams: add --protocol h2c, "
            "h2 or h3"
        )
    return None


def reached(options: Options, chosen: Sequence[Profile]) -> Over:
    """Give each server over each protocol that was asked for; who does not speak it is left out.

    Raises ProfileError where nobody speaks one, and UsageError for --ca and --insecure in vain.
    """
    protocols = asked_protocols(options)
    found = over(chosen, protocols) if protocols else Over(tuple(chosen), ())
    return found._replace(profiles=_trusted(options, found.profiles))


def _trusted(options: Options, profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """Look at certificates of servers that somebody else runs as --ca and --insecure say."""
    option = f"--ca '{options.ca}'" if options.ca is not None else "--insecure"
    if options.ca is None and not options.insecure:
        return tuple(profiles)
    if options.ca is not None and options.insecure:
        raise UsageError("--ca and --insecure exclude each other: give only one")
    if options.ca is not None and not options.ca.is_file():
        raise UsageError(f"{option} is not a file: name the certificates of an authority, in PEM")
    if not any(profile.external and profile.tls for profile in profiles):
        raise UsageError(
            f"{option} is for a server at an https:// URL, and none is among the servers"
        )
    return tuple(
        replace(profile, tls=replace(profile.tls, verified=not options.insecure, ca=options.ca))
        if profile.external and profile.tls is not None
        else profile
        for profile in profiles
    )
