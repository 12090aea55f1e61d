"""An experiment on servers that are made up, in virtual time.

Rounds, rounds and slices are the real ones; servers, generator, journal, watcher and clock are the
stage's. What a server shows follows from how long its requests take.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.errors import AskedError
from bench.facts.load import Arrivals, Client, Mode
from bench.facts.run import Facts
from bench.facts.server import Drain, Launch
from bench.facts.settings import RunSettings, Timing
from bench.facts.slice import Cut, Observation, Outcome, Pieces, Slice
from bench.load.order import Order, Target
from bench.run.context import Candidate, RunContext
from bench.run.rounds.experiment import Experiment
from bench.run.rounds.precision import PrecisionSoFar
from bench.run.rounds.starting_point import StartingPoint
from bench.stats.histogram import Histogram
from servers.command import Address
from servers.errors import LaunchError
from tests.build.runs import INSTRUMENT, manifest
from tests.build.slices import observation

NS = 1_000_000_000
MIB = 1 << 20
LAUNCH_S = 1.0
PATIENCE_S = 1.0  # that a server which never comes to rest is waited for
WRONG = "GET /items/1: expected status 200, got 404: b'no'"


class StoppedError(Exception):
    """The run was interrupted."""


@dataclass
class Made:
    """A server that is made up.

    service_s, cpu_s: of a request at saturation; `spread`: by how much they differ from round to
    round, as a share. right: whether it answers correctly. restless_from: the slice from which on
    it works on after its loads; dies_at: that in which it dies; both counted from 1. launch_s: that
    it takes to start. unready: the launches, counted from 1, in which it does not become ready.
    unanswering: it does not answer what a workload asks it first.
    """

    service_s: float = 0.004
    cpu_s: float = 0.000_1
    spread: float = 0.0
    right: bool = True
    restless_from: int | None = None
    dies_at: int | None = None
    launch_s: float = LAUNCH_S
    unready: Collection[int] = ()
    unanswering: bool = False
    idle_bytes: int | None = None  # that an idle WebSocket weighs; None: it has none
    held: int = 0  # of them
    slices: int = 0
    launches: int = 0


@dataclass
class Loaded:
    """One load on one server: who lived beside it."""

    name: str
    order: Order
    beside: frozenset[str]


@dataclass
class Stage:
    """Time, servers, and what was done with them; `stop_after` so many slices it is interrupted."""

    servers: dict[str, Made]
    stop_after: int | None = None
    now_ns: int = 0
    launches: list[Launch] = field(default_factory=list)
    drains: list[Drain] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    loads: list[Loaded] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    enough_s: float | None = None
    alive: set[str] = field(default_factory=set)

    @property
    def facts(self) -> Facts:
        """What is on disk."""
        return Facts(
            manifest([(name, name) for name in self.servers], next(iter(self.servers))),
            launches=tuple(self.launches),
            drains=tuple(self.drains),
            rates=dict(self.rates),
            cuts=dict(self.cuts),
            slices=tuple(self.slices),
        )

    @property
    def counted(self) -> list[Slice]:
        """Slices that figures are read from."""
        return [each for each in self.slices if not each.warm_up]

    @asynccontextmanager
    async def launch(self, profile: Any, *_: object, **__: object) -> AsyncIterator[Any]:
        """Start a server."""
        made = self.servers[profile.name]
        made.launches += 1
        self.now_ns += round(made.launch_s * NS)
        if made.launches in made.unready:
            raise LaunchError("was not ready", server=profile.name)
        self.alive.add(profile.name)
        try:
            yield _Server(profile.name, self)
        finally:
            self.alive.discard(profile.name)

    def seen(self, order: Order, pieces: int) -> Observation:
        """Load a server: time passes."""
        name, round_, _ = order.target.key.split(" ")
        made = self.servers[name]
        self.loads.append(Loaded(name, order, frozenset(self.alive - {name})))
        made.slices += 1
        restless = made.restless_from is not None and made.slices >= made.restless_from
        self.now_ns += round((order.lead_in_s + order.window_s + PATIENCE_S * restless) * NS)
        if made.slices == made.dies_at:
            self.alive.discard(name)
        draw = np.random.default_rng([int(round_), *name.encode()])
        factor = 1 + made.spread * draw.normal()
        now = replace(made, service_s=factor * made.service_s, cpu_s=factor * made.cpu_s)
        return replace(under_load(order, now, pieces), settled=not restless)


class _Server:
    """A server of the stage's, as a servers has it."""

    url = "http://127.0.0.1:1"
    address = Address("127.0.0.1", 1)
    startup_ns = round(LAUNCH_S * NS)
    tree_root = ending = secured = None
    exit_status = 1

    def __init__(self, name: str, stage: Stage) -> None:
        self._name, self._stage = name, stage

    @property
    def alive(self) -> bool:
        return self._name in self._stage.alive

    def pids(self) -> list[int]:
        return [1]

    def pss_bytes(self) -> int | None:
        made = self._stage.servers[self._name]
        if made.idle_bytes is None:
            return None
        return made.slices * MIB + made.held * made.idle_bytes

    def count_workers(self) -> int:
        return 1

    def tail(self, _: int = 20) -> list[str]:
        return []

    def relieve_log(self) -> None:
        pass


class _Journal:
    """Takes facts; interrupts the run when there are enough."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def write(self, fact: object) -> None:
        match fact:
            case Launch():
                self._stage.launches.append(fact)
            case Drain():
                self._stage.drains.append(fact)
            case Slice():
                self._stage.slices.append(fact)
                if len(self._stage.slices) == self._stage.stop_after:
                    raise StoppedError

    def forecast(self, enough_s: float) -> None:
        self._stage.enough_s = enough_s

    def rate(self, workload: str, rate: float, cut: Cut) -> None:
        self._stage.rates[workload], self._stage.cuts[workload] = rate, cut


class _Load:
    """The generator."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def attach(self, target: Target) -> None:
        name, *_ = target.key.split(" ")
        if self._stage.servers[name].unanswering:
            raise AskedError("workload 'w' asks the server, and that fails")

    async def detach(self, _: object) -> None:
        pass

    async def hold(self, key: str, number: int) -> bool:
        made = self._stage.servers[key.split(" ", maxsplit=1)[0]]
        made.held = number
        return made.idle_bytes is not None

    async def run(self, order: Order) -> Observation:
        return self._stage.seen(order, 1)

    async def alternate(self, orders: Sequence[Order], pieces: Sequence[int]) -> list[Observation]:
        return [self._stage.seen(order, of) for order, of in zip(orders, pieces, strict=True)]


class _Watcher:
    """Notes failures."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def launching(self, *_: object) -> None:
        pass

    def waiting(self, *_: object) -> None:
        pass

    def note(self, what: str) -> None:
        self._stage.notes.append(what)

    def measured(self, _: object) -> None:
        pass

    def between(self) -> None:
        pass

    def known(self, *_: object) -> None:
        pass

    def server_failed(self, profile: str, message: str) -> None:
        self._stage.failures.append((profile, message))


def under_load(order: Order, made: Made, pieces: int = 1) -> Observation:
    """What a server shows; at saturation, what begins after the window is not counted."""
    is_open = order.load.mode is Mode.OPEN
    rate = order.load.offered_rate if is_open else order.load.connections / made.service_s
    assert rate is not None
    counted = int(rate * order.window_s)
    if not is_open and made.service_s >= order.lead_in_s + order.window_s:
        counted = 0
    right = counted if made.right else 0
    times = Histogram.of(np.full(right, round(made.service_s * NS)))
    return observation(
        window_ns=round(order.window_s * NS),
        outcomes={Outcome.OK if made.right else Outcome.WRONG_STATUS: counted} if counted else {},
        answered_in_window=right,
        in_flight_mean=float(order.load.connections),
        response=times if is_open else None,
        service=times,
        cpu_ns=round(max(1, counted) * made.cpu_s * NS),
        cpu_requests=max(1, counted),
        errors=() if made.right else (WRONG,),
        pieces=_pieces(right // pieces, made, pieces) if pieces > 1 else None,
    )


def _pieces(right: int, made: Made, of: int) -> Pieces:
    times = (made.service_s * NS,) * of
    return Pieces(
        window_ns=1_000_000,
        answered_in_window=(right,) * of,
        mean_ns=times,
        p50_ns=times,
        cpu_ns=(round(right * made.cpu_s * NS),) * of,
        cpu_requests=(right,) * of,
    )


def settings(servers: Sequence[str], **known: Any) -> RunSettings:
    """Of a short experiment, but for what is known."""
    usual: dict[str, Any] = {
        "profiles": tuple(servers),
        "workloads": ("get_item",),
        "rate": None,
        "connections": 32,
        "rounds": 2,
        "seed": 3,
        "arrivals": Arrivals.POISSON,
        "client": Client.WIRE,
        "workers": 1,
        "generator_cores": 1,
        "timing": Timing(stage_s=60.0, budget_s=60.0),
    }
    return RunSettings(**{**usual, **known})


NAMES = ("a", "b", "c")
TWO = settings(NAMES)
FIVE = replace(TWO, rounds=5, timing=Timing(stage_s=150.0, budget_s=150.0))
SHORT = replace(TWO, timing=Timing(exposure_s=0.5, stage_s=30.0, budget_s=30.0))


def stage(**servers: Made) -> Stage:
    """Three servers, all alike but for those that are given."""
    return Stage({name: servers.get(name, Made()) for name in NAMES})


def turns(found: Stage) -> list[tuple[int, int, int]]:
    """Where slices that count stand, in their order."""
    return [(one.round, one.rotation, one.position) for one in found.counted]


def _laboratory(stage: Stage) -> RunContext:
    cores: Any = SimpleNamespace(servers=None, usable=2)
    load: Any = _Load(stage)
    journal: Any = _Journal(stage)
    return RunContext(None, cores, load, INSTRUMENT, None, journal, Path("logs"), _Watcher(stage))


async def perform(
    stage: Stage,
    wanted: RunSettings,
    monkeypatch: pytest.MonkeyPatch,
    start: StartingPoint | None = None,
    *,
    gated: bool = False,
    twin: str | None = None,
) -> Experiment:
    """Do the experiment, from the beginning or from some start; it may be interrupted."""
    monkeypatch.setattr("bench.run.rounds.running_servers.launch", stage.launch)
    clock = SimpleNamespace(monotonic_ns=lambda: stage.now_ns)
    monkeypatch.setattr("bench.run.rounds.experiment_time.clock", clock)
    contenders: list[Any] = [
        Candidate(_profile(name), app=_nothing(), environment=None, gated=gated)
        for name in wanted.profiles
    ]
    experiment = Experiment.begun(
        contenders,
        wanted,
        _laboratory(stage),
        PrecisionSoFar(wanted.profiles[0], twin),
        start or StartingPoint(),
    )
    await experiment.run()
    return experiment


def _profile(name: str) -> Any:
    return SimpleNamespace(name=name, slug=name)


def _nothing() -> Any:
    return None
