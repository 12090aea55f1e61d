"""Who takes part in a round: all contenders, but those that failed, or are known well enough."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.facts.settings import RunSettings
from bench.plan import schedule
from bench.run.context import Candidate, Watcher
from bench.run.rounds.attempts import Attempts
from bench.run.rounds.round_time import RoundTime
from bench.run.rounds.running_servers import RunningServers


@dataclass(slots=True)
class Participants:
    """Who takes part in each round.

    baseline: the profile that others are compared with. twin: the same once more, that nothing is
    said of; None: there is none. failed: profiles that did not start, or died, by now.
    """

    contenders: Sequence[Candidate]
    settings: RunSettings
    watcher: Watcher
    baseline: str
    twin: str | None
    attempts: Attempts
    failed: set[str] = field(default_factory=set)

    def due(self, round_: int, time: RoundTime) -> Sequence[Candidate]:
        """Who takes part in a round: all in the fixed ones, then those not known well enough.

        Where servers take so long to start, or to answer, that what no round can do without
        exceeds its share of the budget, there are fewer.
        """
        if round_ <= self.settings.rounds:
            return self.contenders if time.fits_fixed else ()
        able = self._able(self.contenders)
        due = [each for each in able if time.needs(each.profile.name, round_)]
        if not due or not time.fits(len(due)):
            return ()
        always = {self.baseline, self.twin}
        return [each for each in able if each in due or each.profile.name in always]

    def drawn(self, due: Sequence[Candidate], round_: int) -> list[Candidate]:
        """Put those who are due in a random order, without those that are not started again."""
        order = np.random.default_rng([self.settings.seed, round_]).permutation(len(due))
        return self._able([due[index] for index in order])

    def has_failed(self, profile: str, round_: int) -> bool:
        """Whether a server has failed in a round by now."""
        return round_ in self.attempts.failed[profile]

    def any_compared(self, servers: RunningServers) -> bool:
        """Whether any server lives that the run is about: the baseline's twin alone is none."""
        return any(server.name != self.twin for server in servers.alive)

    def note_ready(self, profile: str) -> None:
        """Note who has been ready, and may have had bad luck if it fails later."""
        self.attempts.ready.add(profile)

    def note_failures(self, servers: RunningServers) -> None:
        """Note who failed in a round, and say at once who is not started again for it."""
        for name in servers.failures:
            self.failed.add(name)
            self.attempts.failed[name].add(servers.round)
            reason = self.attempts.given_up(name)
            if reason is not None and servers.round < self.settings.rounds:
                self.watcher.server_failed(name, reason)

    def _able(self, due: Sequence[Candidate]) -> list[Candidate]:
        """Those that are started again, whatever has happened."""
        return [
            each
            for each in due
            if self.attempts.given_up(each.profile.name) is None
            and not (each.profile.name == self.twin and self._is_twin_idle)
        ]

    @property
    def _is_twin_idle(self) -> bool:
        """Whether there is no time for pieces, by the plan: the twin is there for little else."""
        settings = self.settings
        return not settings.alone and not schedule.leaves_time_for_pieces(
            settings.timing, settings.rounds, len(self.contenders), len(settings.workloads)
        )
