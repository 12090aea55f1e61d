"""The settings of a run: one value from the command line to the manifest.

What stands in `GivenSettings` is an option of `run`, a setting of the run and an entry of its
manifest at once: a field here and an option in `bench.cli.run_parameters` are all that a new one
takes (docs/architecture.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from bench.facts.load import Arrivals, Client, Sent

MOST_PIECES: Final = 16
"""Of a slice. With the shortest window they last 12.5 ms; leading in, ending and reckoning take as
much again. The speed of a shared machine lasts for ten times as long."""
WHERE_GIVEN: Final = "where given"
_OPTIONAL: Final = {WHERE_GIVEN: True}
"""Of a field that the manifest has only where it is not None."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Lengths, in seconds.

    A slice lasts `lead_in_s` + `window_s`; how long its answers are waited for, and how exposures
    are led in, follows from how long requests take: see `bench.plan.schedule.cut`.
    """

    lead_in_s: float = 0.05
    window_s: float = 0.2  # at the least; see `cut`
    most_pieces: int = MOST_PIECES  # of a slice, with pieces of the others' between them
    exposure_s: float = 1.5  # at the least; see `exposure_s`
    pilot_s: float = 0.5  # of load on each server and workload in the first round
    warm_up_s: float = 0.25  # and in later ones, or half an exposure, at the most: see `warm_up_s`
    stage_s: float = 300.0  # for the fixed rounds together, launches included
    budget_s: float = 300.0  # for all rounds together: more than the fixed ones with a precision


class Check(StrEnum):
    """What is demanded of answers to requests that were named without a program.

    ANSWERS: what the baseline answered before the load. STATUS: its status alone.
    """

    ANSWERS = "answers"
    STATUS = "status"


class CountKind(StrEnum):
    """What is counted beside what is timed, in a pass of its own."""

    INSTRUCTIONS = "instructions"


@dataclass(frozen=True, kw_only=True)
class GivenSettings:
    """Options that are settings of the run as they stand.

    rate: requests a second; None: it is found (auto). precision: wanted half-width of intervals
    against the baseline, a share. alone: no two servers live at once. ready: the path that tells
    readiness. start_timeout_s: how long a server may take to become ready. protocols: what servers
    are measured over; None: each over what its profile says. streams: requests in flight on one
    connection at the most; None where no protocol has streams. insecure: certificates of servers
    that somebody else runs were not verified. new_connections: each request has a connection of its
    own. resume_tls: of these, each but the first resumes an earlier TLS session where it can.
    check: None where every workload has its own. count: None where nothing is counted.
    """

    rate: float | None = None
    connections: int = 32
    rounds: int = 5
    seed: int
    arrivals: Arrivals = Arrivals.POISSON
    client: Client = Client.WIRE
    workers: int = 1
    generator_cores: int = 1
    precision: float | None = None
    alone: bool = False
    ready: str | None = field(default=None, metadata=_OPTIONAL)
    start_timeout_s: float | None = field(default=None, metadata=_OPTIONAL)
    protocols: tuple[str, ...] | None = field(default=None, metadata=_OPTIONAL)
    streams: int | None = field(default=None, metadata=_OPTIONAL)
    insecure: bool | None = field(default=None, metadata=_OPTIONAL)
    check: Check | None = field(default=None, metadata=_OPTIONAL)
    new_connections: bool | None = field(default=None, metadata=_OPTIONAL)
    resume_tls: bool | None = field(default=None, metadata=_OPTIONAL)
    count: CountKind | None = field(default=None, metadata=_OPTIONAL)

    @property
    def given(self) -> dict[str, Any]:
        """These alone, by name: what another kind of settings begins with."""
        return {each.name: getattr(self, each.name) for each in fields(GivenSettings)}


_OF_SERVERS: Final = (
    "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "UVICORN_", "GUNICORN_", "GRANIAN_", "HYPERCORN_",
    "UWSGI_",
)  # fmt: skip
"""How variables begin that change a server, and few others or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettingsRecord:
    """What may be written down of the user's own app and what it is given; of values, digests.

    started_in: see `servers.apps.app.StartFolder`. env_files: each with its name, variables and
    digest. requirements: the file, whether it was named, and what was chosen of it.
    """

    started_in: str | None = None
    app_env: Mapping[str, str] | None = None
    app_env_digests: Mapping[str, str] | None = None
    env_files: tuple[Mapping[str, Any], ...] | None = None
    requirements: Mapping[str, Any] | None = None

    @property
    def read_by_servers(self) -> tuple[str, ...]:
        """Names of variables among the app's that servers read themselves, in order."""
        files = (name for file in self.env_files or () for name in file["variables"])
        given = {*(self.app_env or {}), *files}
        return tuple(sorted(name for name in given if name.startswith(_OF_SERVERS)))


@dataclass(frozen=True, slots=True)
class SidesRecord:
    """The two sides of a regression test, in words, and by what share a figure may be worse."""

    base: str
    head: str
    tolerance: float


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """The part of an access log that a workload replays in each exposure of an open loop.

    log: the file's name. form: of its lines. began, ended: of the part, UTC. speed: 2 is twice as
    fast as logged. window_s: how long the replay lasts. requests: that are due in it.
    whole_seconds: the log has no finer times, and requests were spread over each second at random.
    """

    log: str
    form: str
    began: str
    ended: str
    speed: float
    window_s: float
    requests: int
    whole_seconds: bool

    @property
    def rate(self) -> float:
        """Requests that are due / length of the window, a second."""
        return self.requests / self.window_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings(GivenSettings):
    """What was asked for, resolved: nothing here is left to be found out but `rate` None (auto).

    own_app: None: the items app is measured. The rest is None where it does not apply:
    app_setting_digests, profile_env_digests: of values that are not written down, by name.
    app_has: what the app has that not every server runs. left_out: servers, with the reason.
    workload_files: digests of the user's own, by label. capacity: what a search is for, and
    top_rate the highest rate it may offer. planted: the share by which a profile was made slower.
    replays: of workloads that are sent as an access log has it, by label. message_workloads: those
    that are WebSockets, whose requests are messages.
    """

    profiles: tuple[str, ...]
    workloads: tuple[str, ...]
    timing: Timing
    own_app: AppSettingsRecord | None = field(default=None, metadata=_OPTIONAL)
    app_setting_digests: Mapping[str, str] | None = field(default=None, metadata=_OPTIONAL)
    profile_env_digests: Mapping[str, str] | None = field(default=None, metadata=_OPTIONAL)
    app_has: tuple[str, ...] | None = field(default=None, metadata=_OPTIONAL)
    left_out: tuple[str, ...] | None = field(default=None, metadata=_OPTIONAL)
    workload_files: Mapping[str, str] | None = field(default=None, metadata=_OPTIONAL)
    capacity: Mapping[str, Any] | None = field(default=None, metadata=_OPTIONAL)
    top_rate: float | None = field(default=None, metadata=_OPTIONAL)
    regression: SidesRecord | None = field(default=None, metadata=_OPTIONAL)
    planted: Mapping[str, float] | None = field(default=None, metadata=_OPTIONAL)
    replays: Mapping[str, ReplayRecord] | None = field(default=None, metadata=_OPTIONAL)
    message_workloads: tuple[str, ...] | None = field(default=None, metadata=_OPTIONAL)

    def sent_by(self, workload: str) -> Sent:
        """What a workload sends."""
        return Sent.MESSAGE if workload in (self.message_workloads or ()) else Sent.REQUEST

    def replay_of(self, workload: str) -> ReplayRecord | None:
        """The part of a log that a workload replays; None: it does not."""
        return (self.replays or {}).get(workload)

    @property
    def stage(self) -> int | None:
        """Rounds that were fixed, where it depends on what they show whether there are more."""
        return None if self.precision is None else self.rounds

    @property
    def timed(self) -> bool:
        """Whether times are measured: of two sides that are counted, none are."""
        return self.regression is None or self.count is None
