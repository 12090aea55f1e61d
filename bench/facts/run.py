"""A run as a whole: where and with what it was made, and all that it has put to disk."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bench.facts.instructions import CountFailure, InstructionCount, KernelWork, Spending
from bench.facts.selftest import SelfTest
from bench.facts.server import Drain, Gate, Launch, ServerFacts
from bench.facts.settings import RunSettings
from bench.facts.slice import Cut, Slice
from bench.facts.streams import LeftStreams


@dataclass(frozen=True, slots=True)
class Resumption:
    """A run that had stopped was resumed, with fresh processes of every server.

    at: wall clock, ISO 8601 with zone. slices: those that were kept, without warm-ups (older
    runs: with them). dropped: what of the journal could not be kept, in words.
    """

    at: str
    slices: int
    dropped: str | None = None


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """Files that are new, or have changed, in a folder that servers were started in.

    folder: its name. files: a few of them, by their paths within it. count: of all of them.
    """

    folder: str
    files: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class OtherStatus:
    """So many requests of a log are answered with another status than the log has."""

    logged: int
    came: int
    requests: int


@dataclass(frozen=True, slots=True)
class LoggedStatuses:
    """How a server's answers differ from those of the access log that a workload comes from.

    of: how many different requests the workload has.
    """

    workload: str
    server: str
    others: tuple[OtherStatus, ...]
    of: int


@dataclass(frozen=True, slots=True)
class RequestNotes:
    """What is to be known of a workload's requests that were read or found, in words.

    said: what is not sent, and why; how a sample was drawn; whose host is not asked.
    """

    workload: str
    said: tuple[str, ...]


FINISHED: Final = "finished"
"""How a run ended that did all it had to do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a run has put to disk, read back: the only source of every report."""

    manifest: "Manifest"
    gates: tuple[Gate, ...] = ()
    launches: tuple[Launch, ...] = ()
    drains: tuple[Drain, ...] = ()
    rates: dict[str, float] = field(default_factory=dict)  # workload -> common offered rate
    cuts: dict[str, Cut] = field(default_factory=dict)  # by workload
    slices: tuple[Slice, ...] = ()
    resumptions: tuple[Resumption, ...] = ()
    folder_changes: tuple[FolderChanges, ...] = ()
    logged_statuses: tuple[LoggedStatuses, ...] = ()
    request_notes: tuple[RequestNotes, ...] = ()
    counts: tuple[InstructionCount, ...] = ()
    count_failures: tuple[CountFailure, ...] = ()
    spendings: tuple[Spending, ...] = ()
    kernel_works: tuple[KernelWork, ...] = ()
    left_streams: tuple[LeftStreams, ...] = ()
    enough_s: float | None = None  # a budget that was said to hold all rounds; None: none was
    ending: str | None = None  # "finished", "interrupted", "failed"; None: it was cut off
    notes: tuple[str, ...] = ()  # what the reader of the journal had to leave out, in words
    altered: int = 0  # lines of the journal that were left out because they were altered

    @property
    def counted(self) -> int:
        """How many slices there are, without warm-ups."""
        return sum(not each.warm_up for each in self.slices)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run was made, as far as it can change a figure."""

    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    python: str
    virtual: str | None  # the hypervisor, if one is known
    server_cores: tuple[int, ...]
    generator_cores: tuple[int, ...]


class Pacing(StrEnum):
    """How the generator waits for the time at which a request is due.

    SPIN: by a timerfd, and spinning for as long as a timer may be late. BRIEF_SPIN: spinning for as
    long as it mostly is. TIMER: by a timerfd alone. POLL: by the timeout of the platform's poll,
    which is as coarse as a millisecond.
    """

    SPIN = "spin"
    BRIEF_SPIN = "brief spin"
    TIMER = "timer"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Instrument:
    """How the generator worked on this machine; what is missing has a doubt of its own.

    pacing_reason: why it was chosen, in words. cores: how many the generator had to itself; 0: it
    could not be pinned.
    """

    pacing: Pacing
    pacing_reason: str
    kernel_timestamps: bool
    cores: int


class Purpose(StrEnum):
    """What a run is to show, and so which report is made of it."""

    COMPARISON = "comparison"  # of servers under the same load
    CAPACITY = "capacity"  # the highest rate at which each holds an SLO
    REGRESSION = "regression"  # of one server or app, between a base and a head


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was asked to do, with what, and where: written before anything is started."""

    format_version: int
    purpose: Purpose
    weighbridge: str
    started_at: str
    seed: int
    command: tuple[str, ...]
    settings: RunSettings
    machine: Machine
    servers: tuple[ServerFacts, ...]
    app: str
    tests: str  # the functional suite that gated, or "none"
    commit: str | None  # of Weighbridge
    baseline: str
    instrument: Instrument
    selftest: SelfTest | None  # None: it was skipped
    stage: int | None = (
        None  # rounds that were fixed; of the later ones it depends on what these showed
    )
    app_commit: str | None = None
    app_digest: str | None = None  # of the app's files as they were; None: not known, or older
