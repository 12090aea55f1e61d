"""What rounds and slices share: the generator, the journal, the cores, the servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.facts.journal import Journal
from bench.facts.run import Instrument
from bench.facts.selftest import SelfTest
from bench.facts.slice import Slice
from bench.load.process import LoadProcess
from bench.system.machine import Cores
from bench.workloads.loading import Source
from servers.apps.app import App
from servers.environments.environment import Environment
from servers.profile import Profile
from servers.readiness import Readiness
from servers.wait_limit import START_LIMIT_S


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile that has passed its gate, with what is needed to start it."""

    profile: Profile
    app: App
    environment: Environment | None  # None: it is run externally
    gated: bool = False  # it has been ready once already, for its gate


class Watcher(Protocol):
    """Hears how the experiment goes on; called between slices, never during one."""

    def launching(self, profile: str, round_: int) -> None:
        """A server is about to be started."""

    def waiting(self, profile: str, what: str) -> None:
        """A server takes long to start: what is waited for, and what it said last."""

    def note(self, what: str) -> None:
        """Something that the user should know."""

    def measured(self, done: Slice) -> None:
        """A slice has ended."""

    def between(self) -> None:
        """No server is under load until this returns: what takes a moment is done now."""

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """A round has ended.

        precision: half-width of each profile's widest interval against the baseline, as a share.
        left_s: how long the rest will take.
        """

    def server_failed(self, profile: str, message: str) -> None:
        """A server did not start, or died."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What an experiment works with, the same in all its rounds."""

    readiness: Readiness | None
    cores: Cores
    load: LoadProcess
    instrument: Instrument
    proof: SelfTest | None  # what it has proved of itself; None: it was not to
    journal: Journal
    logs: Path
    watcher: Watcher
    start_limit_s: float = START_LIMIT_S  # that a server may take until it is ready
    sources: Mapping[str, Source] = field(default_factory=dict)

    def ceiling_over(self, protocol: str, *, renewed: bool = False) -> float | None:
        """What the generator reached over it on a server that does nothing; None: unknown.

        `renewed`: over connections that are opened for one request each.
        """
        return None if self.proof is None else self.proof.ceiling_over(protocol, renewed=renewed)

    def source(self, workload: str) -> Source:
        """What a workload is loaded from."""
        return self.sources.get(workload, workload)
