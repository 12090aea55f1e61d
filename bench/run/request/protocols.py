"""Which protocols servers are measured over: what was asked for, and who speaks it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bench.errors import UsageError
from bench.facts.load import Client
from bench.run.request.options import Options
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


def refuse_unrenewable(options: Options, chosen: Sequence[Profile]) -> None:
    """Refuse new connections where they are not measured, and TLS sessions where there are none.

    Raises UsageError.
    """
    if not options.new_connections:
        if options.resume_tls:
            raise UsageError("--resume-tls is for new connections: add --new-connections")
        return
    if options.client is not Client.WIRE:
        raise UsageError(
            f"--new-connections is for the built-in client: leave out --client {options.client}"
        )
    shared = [each.name for each in chosen if each.protocol.has_streams]
    if shared:
        raise UsageError(
            "--new-connections measures connections over http/1.1 and https/1.1, and "
            f"'{shared[0]}' is measured over another protocol: leave it out"
        )
    if options.resume_tls and not any(each.protocol.secure for each in chosen):
        raise UsageError(
            "--resume-tls is for connections with TLS: add --protocol https/1.1 (none of the "
            "servers is measured over TLS)"
        )


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
