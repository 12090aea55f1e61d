"""What settings of the app cost: each server with them against itself without them."""

from collections.abc import Iterator, Sequence

from bench.analysis.model import Section, SettingsCost
from bench.analysis.slice_figures import CPU
from bench.facts.load import Mode
from bench.facts.run import Manifest
from bench.facts.server import ServerFacts
from bench.stats.family import Pair


def settings_costs(manifest: Manifest, sections: Sequence[Section]) -> tuple[SettingsCost, ...]:
    """List what was compared, server by server in the manifest's order; none without settings."""
    return tuple(
        cost
        for server in manifest.servers
        if server.bare is not None
        for section in sections
        for cost in _costs(server, server.bare, section)
    )


def _costs(server: ServerFacts, bare: str, section: Section) -> Iterator[SettingsCost]:
    """CPU is reported at the same rate, where with and without do the same work."""
    for figure in section.comparisons:
        if figure == CPU and section.load.mode is Mode.CLOSED:
            continue
        pair: Pair | None = section.against(bare, figure).get(server.name)
        if pair is not None:
            yield SettingsCost(
                bare, dict(server.settings), section.workload, section.load, figure, pair
            )
