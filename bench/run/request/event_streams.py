"""Workloads that are streams of events: which servers can be measured by them."""

from collections.abc import Sequence

from bench.errors import UsageError
from bench.load.scripts.user_code import tried
from bench.run.request.options import Options
from bench.workload import Streamed
from bench.workloads.built_in import ITEMS_EVENTS
from bench.workloads.loading import Source
from servers.errors import ProfileError
from servers.profile import Interface, Profile


def with_event_streams(
    options: Options, workloads: Sequence[Source], chosen: Sequence[Profile]
) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """Leave out who cannot send the items app's events; with the reason of each.

    Raises ProfileError where none can send them, and UsageError for a protocol over which events
    are not told apart.
    """
    _refuse_over_streams(workloads, chosen)
    if options.own_app or ITEMS_EVENTS not in workloads:
        return tuple(chosen), ()
    able = tuple(profile for profile in chosen if profile.external or _is_asgi(profile))
    silent = [profile.name for profile in chosen if profile not in able]
    why = f"event streams over WSGI, which workload '{ITEMS_EVENTS}' needs"
    if not able:
        raise ProfileError(
            f"none of {', '.join(silent)} has {why}: name a server for ASGI apps, such as uvicorn"
        )
    return able, tuple(f"{name} has no {why}" for name in silent)


def streams_events(workload: Source) -> bool:
    """Whether answers of a workload are streams of events."""
    return any(isinstance(exchange.answer, Streamed) for exchange in tried(workload))


def _is_asgi(profile: Profile) -> bool:
    return profile.interface is Interface.ASGI


def _refuse_over_streams(workloads: Sequence[Source], chosen: Sequence[Profile]) -> None:
    """Refuse a protocol over which events of streams are not told apart."""
    over = next((each.protocol for each in chosen if each.protocol.has_streams), None)
    if over is None:
        return
    for name in workloads:
        if streams_events(name):
            raise UsageError(
                f"workload '{name}' has streams of events, which are read over HTTP/1.1: leave out "
                f"--protocol {over}"
            )
