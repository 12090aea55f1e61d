"""Workloads that are WebSockets: which servers can be measured by them, and how these are run."""

from collections.abc import Mapping, Sequence

from bench.errors import UsageError
from bench.facts.load import Client
from bench.run.request.options import Options
from bench.workloads.loading import Source, WorkloadForm, load_workload
from servers.profile import Profile
from servers.websocket import Equipped, equipped


def websocket_of(workloads: Sequence[Source]) -> str | None:
    """The first of these workloads that is a WebSocket; None: none is. Raises UsageError."""
    return next((str(source) for source in workloads if _is_websocket(source)), None)


def websockets_among(sources: Mapping[str, Source]) -> tuple[str, ...]:
    """The labels of all that are. Raises UsageError."""
    return tuple(label for label, source in sources.items() if _is_websocket(source))


def _is_websocket(source: Source) -> bool:
    return load_workload(source).form is WorkloadForm.WEBSOCKET


def with_websockets(
    options: Options, workloads: Sequence[Source], chosen: Sequence[Profile]
) -> Equipped:
    """Give each server WebSockets where a workload is one; who has none is left out.

    Raises ProfileError where none has them, and UsageError for what has no WebSockets beside.
    """
    name = websocket_of(workloads)
    if name is None:
        return Equipped(tuple(chosen), ())
    if options.client is not Client.WIRE:
        raise UsageError(
            f"workload '{name}' is a WebSocket, and --client {options.client} has none: leave out "
            "--client"
        )
    for profile in chosen:
        if profile.protocol.has_streams:
            raise UsageError(
                f"workload '{name}' is a WebSocket, which is an upgrade of HTTP/1.1: leave out "
                f"--protocol {profile.protocol}"
            )
    return equipped(chosen, name)
