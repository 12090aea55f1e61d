"""What a run will do, as data: settings, seeds, and the order in which cells are visited."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final, Self

import numpy as np

from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.settings import RunSettings, Timing
from bench.facts.slice import Cut, Observation, Whole

REQUESTS_DUE: Final = 100
"""In a slice of an open loop at the least: a median of fewer is hardly one."""
PIECE_IN_SERVICE_TIMES: Final = {Mode.OPEN: 1.0, Mode.CLOSED: 1.5}
"""How often a server's service time at saturation goes into a piece of a slice, lead-in excluded.
At the common rate, it is many times what a request takes."""
LEAD_IN_SHARE: Final = 1 / PIECE_IN_SERVICE_TIMES[Mode.CLOSED]
"""Of the window, at the least: one service time at saturation. A server that takes all its
connections' requests before it answers any shows nothing in less, and is in step with the beginning
of the load: lead-ins are drawn from half of that to one and a half (`bench.load.pieces`)."""
WINDOW_IN_SERVICE_TIMES: Final = 3  # of the slowest server, in all pieces of a slice together
DUE_IN_PIECE: Final = 10  # requests, in open loop at the least
ALIKE: Final = 1.5
"""Servers whose service times are not further apart than that are cut alike, so that how they are
cut makes no difference between those that could be taken for each other."""
LONGEST_WINDOW_S: Final = 2.0
QUICKEST_LAUNCH_S: Final = 0.3  # no server that imports FastAPI is ready sooner
_SEED_BITS: Final = 2**31


SHORTEST_EXPOSURE_S: Final = 0.4
LONGEST_EXPOSURE_S: Final = 3.0
"""Windows of exposures, unless requests take long: long against stalls that are worth seeing."""
LONGEST_REPLAY_S: Final = 60.0
"""Of an access log: who has more time, has more rounds."""
EXPOSED_SHARE: Final = 0.6
"""Of a round, launches aside, that servers are exposed. With the rest for pieces, differences that
can be shown are hardly larger than with all of it: how one process differs from the next is most of
what is not known (docs/method.md)."""
AROUND_EXPOSURE_S: Final = 0.35  # leading in, answers that are waited for, reckoning
LAUNCH_S: Final = 1.2  # of a server, on average
EXPOSURE_SHARES: Final = (0.7, 1.3)
"""Of their nominal length, between which those of a rotation are drawn."""
SHORTEST_WARM_UP_S: Final = 0.1
SHORTEST_LEAD_IN_S: Final = 0.25  # of an exposure
LEAD_IN_IN_STALLS: Final = 3.0  # and so many times as long as the longest stall that was seen
ALONE_ROTATION: Final = 1  # in which a server that is measured alone is exposed
LEAD_IN_IN_REQUESTS: Final = 1.5  # an exposure is led in for so many times what a request takes
EXPOSURE_IN_REQUESTS: Final = 2.0  # and lasts so many times as long, at the least
PILOT_IN_REQUESTS: Final = 3.0
"""A pilot lasts so many times as long as its longest request, at the least."""
PILOTS: Final = 4  # at the most, each longer than the one before it
LONGEST_LEAD_IN_S: Final = 15.0
PATIENCE_S: Final = 5.0
"""An answer is waited for so long at the least, and a server for its coming to rest."""
PATIENCE_IN_REQUESTS: Final = 3.0
LONGEST_PATIENCE_S: Final = 30.0
LONG_REQUEST_S: Final = 0.1
LONG_IN_SERVICE_TIMES: Final = 4.0
"""Where one request in two hundred takes so long, and so many service times, pieces are as long as
that: each would have to be waited out for one of them."""
AWAITED_SHARE: Final = 0.5
"""Of a request's time that its server spends waiting, from which on slices are not cut: what the
machine is doing moves such times little, and servers that wait answer in step."""


def exposure_s(
    timing: Timing, rounds: int, servers: int, workloads: int, *, alone: bool = False
) -> float:
    """Window of an exposure, seconds, that leaves a round its time for comparing.

    Servers that are measured alone are not compared in pieces; before the first round, each is
    started once more.
    """
    round_s = timing.stage_s / (rounds + alone) - servers * LAUNCH_S
    share = 1.0 if alone else EXPOSED_SHARE
    each_s = share * round_s / (2 * servers * workloads) - AROUND_EXPOSURE_S
    return float(f"{min(LONGEST_EXPOSURE_S, max(SHORTEST_EXPOSURE_S, each_s)):.2g}")


def leaves_time_for_pieces(timing: Timing, rounds: int, servers: int, workloads: int) -> bool:
    """Whether a round has time for more than to start servers and expose each to each load."""
    round_s = timing.stage_s / rounds - servers * LAUNCH_S
    return round_s > 2 * servers * workloads * (SHORTEST_EXPOSURE_S + AROUND_EXPOSURE_S)


@dataclass(frozen=True, slots=True)
class RequestTimes:
    """How long requests to one server take at saturation, seconds.

    service_s: on average, by Little's law. long_s: one in two hundred takes longer. awaited_s: of
    the average, what is neither its own CPU time nor that of those before it; None: not known.
    stalled_s: the longest time in which it answered nothing.
    """

    service_s: float
    long_s: float
    awaited_s: float | None
    stalled_s: float = 0.0

    @classmethod
    def of(cls, seen: Observation, connections: int) -> Self:
        """Read it from a closed loop that was answered."""
        service_s = (connections - seen.thinking_mean) / seen.throughput_rps
        long_ns = seen.service.percentile_ns(99.5) or 0.0
        cpu_s = None if seen.cpu_ns is None else seen.cpu_ns / 1e9 / max(1, seen.cpu_requests)
        awaited_s = None if cpu_s is None else max(0.0, service_s - connections * cpu_s)
        long_s = max(service_s, long_ns / 1e9)
        return cls(service_s, long_s, awaited_s, seen.stalls.longest_ns / 1e9)

    @property
    def awaits(self) -> bool:
        """Whether it mostly waits, as far as that is known."""
        return self.awaited_s is None or self.awaited_s > AWAITED_SHARE * self.service_s

    @property
    def piece_s(self) -> float:
        """What a piece of a slice must be long against."""
        long = self.long_s > max(LONG_REQUEST_S, LONG_IN_SERVICE_TIMES * self.service_s)
        return self.long_s if long else self.service_s


def patience_s(longest_s: float) -> float:
    """How long an answer is waited for, where a request takes so long."""
    return min(LONGEST_PATIENCE_S, max(PATIENCE_S, PATIENCE_IN_REQUESTS * longest_s))


def lead_in_s(timing: Timing, longest_s: float, stalled_s: float = 0.0) -> float:
    """How long an exposure is led in, until as many requests are in flight as ever will be.

    A stall that the beginning of the load sets off, since it was due while the server was idle,
    must be over, and what waited for its end answered: else every window began with one.
    """
    wanted_s = max(LEAD_IN_IN_REQUESTS * longest_s, LEAD_IN_IN_STALLS * stalled_s)
    return min(LONGEST_LEAD_IN_S, max(SHORTEST_LEAD_IN_S, timing.lead_in_s, wanted_s))


def replayed_s(
    timing: Timing, rounds: int, servers: int, workloads: int, *, alone: bool = False
) -> float:
    """How long a log is replayed, seconds: as long as exposures may take, less that at saturation.

    `timing`: with the length of exposures.
    """
    round_s = timing.stage_s / (rounds + alone) - servers * LAUNCH_S
    share = 1.0 if alone else EXPOSED_SHARE
    left_s = share * round_s / (servers * workloads) - timing.exposure_s - 2 * AROUND_EXPOSURE_S
    return float(f"{min(LONGEST_REPLAY_S, max(timing.exposure_s, left_s)):.2g}")


def cut(
    timing: Timing,
    rate: float,
    profiles: Sequence[str],
    paces: Mapping[str, RequestTimes],
    replayed_s: float | None = None,
) -> Cut:
    """How slices of a workload are cut, by what is known of the profiles.

    `replayed_s`: how long a log is replayed, which is not cut; None: requests come at the rate.
    As short as can be, since what is compared should be close in time; but so that enough is due
    in a slice, and that each piece is long against the time that requests take. A profile of which
    nothing is known is taken for one of the slowest. Where most profiles wait rather than work,
    nothing is cut.
    """
    longest_s = max((pace.long_s for pace in paces.values()), default=0.0)
    exposed_s = max(timing.exposure_s, EXPOSURE_IN_REQUESTS * longest_s)
    stalled_s = max((pace.stalled_s for pace in paces.values()), default=0.0)
    replayed = replayed_s is not None
    window_s, pieces = _pieces(timing, math.inf if replayed else rate, profiles, paces)
    if replayed:
        pieces[Mode.OPEN] = dict.fromkeys(profiles, 1)
    return Cut(
        window_s=window_s,
        pieces=pieces,
        exposure_s=float(f"{exposed_s:.2g}"),
        lead_in_s=float(f"{lead_in_s(timing, longest_s, stalled_s):.2g}"),
        drain_s=float(f"{patience_s(longest_s):.2g}"),
        whole=_whole_because(pieces, paces),
        replayed_s=replayed_s,
    )


def longest_load_s(found: Cut) -> float:
    """How long load is planned for in the longest exposure of a cut, its lead-in included."""
    window_s = found.replayed_s or EXPOSURE_SHARES[1] * found.exposure_s
    return found.lead_in_s + window_s


def _whole_because(
    pieces: Mapping[Mode, Mapping[str, int]], paces: Mapping[str, RequestTimes]
) -> Whole | None:
    """Why slices are not cut, where none is."""
    if any(number > 1 for each in pieces.values() for number in each.values()):
        return None
    if not paces:
        return Whole.UNKNOWN
    return Whole.AWAITING if _most_wait(paces) else Whole.LONG


def _most_wait(paces: Mapping[str, RequestTimes]) -> bool:
    return 2 * sum(pace.awaits for pace in paces.values()) > len(paces)


def _pieces(
    timing: Timing, rate: float, profiles: Sequence[str], paces: Mapping[str, RequestTimes]
) -> tuple[float, dict[Mode, dict[str, int]]]:
    """Window of a slice, and into how many pieces it is cut."""
    services_s = {name: pace.piece_s for name, pace in paces.items()}
    slowest_s = max(services_s.values(), default=LONGEST_WINDOW_S)
    known_s = _alike({profile: services_s.get(profile, slowest_s) for profile in profiles})
    closed_s = WINDOW_IN_SERVICE_TIMES * slowest_s if services_s else 0.0
    longest_s = max(timing.window_s, LONGEST_WINDOW_S)
    wanted_s = max(timing.window_s, REQUESTS_DUE / rate, closed_s)
    window_s = float(f"{min(longest_s, wanted_s):.2g}")
    most_pieces = 1 if _most_wait(paces) else timing.most_pieces
    most = {
        Mode.OPEN: _whole(min(most_pieces, window_s * rate / DUE_IN_PIECE)),
        Mode.CLOSED: most_pieces,
    }
    return window_s, {
        mode: {
            profile: max(1, min(most[mode], _whole(window_s / (times * service_s))))
            for profile, service_s in known_s.items()
        }
        for mode, times in PIECE_IN_SERVICE_TIMES.items()
    }


def _whole(value: float) -> int:
    """Round down; 2.9999999999999996 is 3."""
    return int(value + 1e-9)


def _alike(services_s: Mapping[str, float]) -> dict[str, float]:
    """Give each profile the longest service time of those that it is alike with, at a remove."""
    found: dict[str, float] = {}
    longest_s = before_s = math.inf
    for profile, own_s in sorted(services_s.items(), key=lambda each: each[1], reverse=True):
        if own_s * ALIKE < before_s:
            longest_s = own_s
        found[profile] = longest_s
        before_s = own_s
    return found


def shortest_round_s(servers: int, workloads: int, timing: Timing) -> float:
    """How long a round with an exposure to each load takes at the least, seconds."""
    warm_up_s = timing.lead_in_s + timing.warm_up_s
    exposures_s = 2 * (SHORTEST_LEAD_IN_S + SHORTEST_EXPOSURE_S)
    return servers * (QUICKEST_LAUNCH_S + workloads * (warm_up_s + exposures_s))


def cells(settings: RunSettings, profiles: Sequence[str], rates: dict[str, float]) -> list[Cell]:
    """Every cell of a rotation: each profile and workload at the common rate and at saturation."""
    return [
        Cell(profile, workload, load)
        for profile in profiles
        for workload in settings.workloads
        for load in (_open_load_of(settings, workload, rates), closed_load(settings, workload))
    ]


def _open_load_of(settings: RunSettings, workload: str, rates: dict[str, float]) -> Load:
    load = open_load(settings, workload, rates[workload])
    return load if settings.replay_of(workload) is None else replace(load, arrivals=Arrivals.LOG)


def open_load(settings: RunSettings, workload: str, rate: float) -> Load:
    """The load at which response times are compared."""
    sent = settings.sent_by(workload)
    return Load(Mode.OPEN, settings.connections, rate, settings.arrivals, sent)


def closed_load(settings: RunSettings, workload: str) -> Load:
    """The load at which throughputs are compared."""
    return Load(Mode.CLOSED, settings.connections, sent=settings.sent_by(workload))


def blocks(
    cells: Sequence[Cell], seed: int, round_: int, rotation: int
) -> list[list[tuple[int, Cell]]]:
    """The order of one rotation: drawn from the run's seed, the same for every reader of it.

    Cells that are compared with each other, those of one workload and load, are a block: they are
    measured in turns, so that what a burst of the machine's does to one of them it does to the
    others too. Each cell comes with its position in the rotation, from 0.
    """
    draw = np.random.default_rng([seed, round_, rotation])
    held: dict[tuple[str, Load], list[Cell]] = {}
    for cell in cells:
        held.setdefault((cell.workload, cell.load), []).append(cell)
    alike = list(held.values())
    places = count()
    return [
        [(next(places), alike[block][index]) for index in draw.permutation(len(alike[block]))]
        for block in draw.permutation(len(alike))
    ]


def exposure_share(seed: int, round_: int, rotation: int) -> float:
    """How long the exposures of a rotation are, of their nominal length.

    Drawn, the same for all servers. What a server does after so much load, as to stand still, would
    else fall into the same place of the same exposure in each round, and rounds would agree on what
    they all see or all miss.
    """
    return float(np.random.default_rng([seed, round_, rotation, 3]).uniform(*EXPOSURE_SHARES))


def warm_up_s(timing: Timing, seed: int, round_: int) -> float:
    """How long servers are warmed up in a round, seconds: drawn, for the same reason."""
    longest_s = max(timing.warm_up_s, timing.exposure_s / 2)
    drawn_s = np.random.default_rng([seed, round_, 4]).uniform(SHORTEST_WARM_UP_S, longest_s)
    return float(drawn_s)


def slice_seed(seed: int, round_: int, rotation: int) -> int:
    """Seed of one rotation's arrivals.

    All profiles whose slices are cut alike get the same arrivals in the same rotation: what differs
    between them is then not the luck of the draw.
    """
    return int(np.random.default_rng([seed, round_, rotation, 1]).integers(_SEED_BITS))
