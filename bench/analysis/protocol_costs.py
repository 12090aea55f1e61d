"""What protocols cost: each server over one against itself over the first that it was asked by."""

from collections.abc import Iterator, Sequence

from bench.analysis.model import ProtocolCost, Section
from bench.analysis.slice_figures import CPU
from bench.facts.load import Mode
from bench.facts.run import Manifest
from bench.facts.server import ServerFacts


def protocol_costs(manifest: Manifest, sections: Sequence[Section]) -> tuple[ProtocolCost, ...]:
    """List what was compared, server by server in the manifest's order.

    None where no server was measured over several protocols.
    """
    first: dict[str, ServerFacts] = {}
    for server in manifest.servers:
        if server.speaker is not None:
            first.setdefault(server.speaker, server)
    return tuple(
        cost
        for server in manifest.servers
        if server.speaker is not None and first[server.speaker] is not server
        for section in sections
        for cost in _costs(server, first[server.speaker], section)
    )


def _costs(server: ServerFacts, first: ServerFacts, section: Section) -> Iterator[ProtocolCost]:
    """CPU is compared at the common rate, where both do the same work."""
    for figure in section.comparisons:
        if figure == CPU and section.load.mode is Mode.CLOSED:
            continue
        pair = section.against(first.name, figure).get(server.name)
        if pair is not None and server.speaker is not None:
            yield ProtocolCost(
                server.speaker, server.protocol, first.protocol,
                section.workload, section.load, figure, pair,
            )  # fmt: skip
