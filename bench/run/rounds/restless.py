"""Servers that work on after a load, and would disturb all others."""

from dataclasses import dataclass
from typing import Final

from bench.run.context import Watcher
from bench.run.rounds.running_servers import RunningServers

RESTLESS: Final = "keeps working after its load: it is measured with no other server running"


@dataclass(slots=True)
class RestlessServers:
    """Who does not come to rest after a load, and is measured alone; profiles, known so far."""

    watcher: Watcher
    profiles: set[str]

    async def retire(self, servers: RunningServers) -> None:
        """Stop whoever worked on after its load, and measure it alone; the last is so already."""
        for server in [each for each in servers.alive if each.restless]:
            if len(servers.running) == 1:
                return
            self.profiles.add(server.name)
            self.watcher.server_failed(server.name, RESTLESS)
            await servers.retire(server)
