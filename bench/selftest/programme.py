"""The self-test: which experiments are made, and what is made of what they show."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from bench import clock
from bench.domain import Arrivals, Claim, Client, Finding, SelfTest
from bench.load.process import LoadProcess
from bench.machine import Cores
from bench.reference.lying_server import Lie
from bench.selftest import experiments
from bench.selftest.arrivals import Pace
from bench.selftest.claims import Shown, disturbed, never_failed
from bench.selftest.lies import Told
from bench.selftest.stand import Stand, stand
from bench.selftest.theory import Law
from bench.selftest.tolerances import LAG_MEDIAN_NS, LAG_TAIL_NS

ATTEMPTS: Final = 3
"""At claims of times, while there is evidence that the machine was disturbed."""

_NS: Final = 1e9


class Form(StrEnum):
    """How much is put to the test: what a run needs first, in 10 s, or all, in a minute."""

    SHORT = "short"
    FULL = "full"


_AGAIN_UNTIL_S: Final = {Form.SHORT: 6.0, Form.FULL: 100.0}
"""After that nothing is tried again: a user waits for the short form before every run."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One of the self-test's experiments; `what` is said while it goes on."""

    what: str
    attempt: Callable[[Stand], Awaitable[Shown]]


async def selftest(
    form: Form, load: LoadProcess, cores: Cores, folder: Path, tell: Callable[[str], None]
) -> SelfTest:
    """Let the instrument prove itself; the servers' logs are left in `folder`.

    Call it on the servers' cores: it starts servers there, and waits. Raises LaunchError and
    HarnessError.
    """
    started_at, began_ns = clock.wall_iso(), clock.monotonic_ns()
    patience = Patience(began_ns + round(_AGAIN_UNTIL_S[form] * _NS))
    shown: list[Shown] = []
    async with stand(load, cores, folder) as ready:
        planned = programme(form)
        for number, experiment in enumerate(planned, 1):
            tell(f"self-test {number} of {len(planned)}: {experiment.what}")
            shown.append(await _settled(experiment.attempt, ready, patience))
    return SelfTest(
        form=form,
        started_at=started_at,
        duration_s=(clock.monotonic_ns() - began_ns) / _NS,
        claims=_grouped([*_all_of(shown), never_failed(shown)]),
        ceiling_rps=next((each.ceiling_rps for each in shown if each.ceiling_rps), None),
        ceiling_connections=experiments.CEILING_CONNECTIONS,
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """Until when, on the monotonic clock, an experiment may be made again."""

    until_ns: int

    @property
    def left(self) -> bool:
        """Whether there is any."""
        return clock.monotonic_ns() < self.until_ns


async def _settled(
    attempt: Callable[[Stand], Awaitable[Shown]], ready: Stand, patience: Patience
) -> Shown:
    """Try again while claims of times fail and something else shows that they were disturbed."""
    shown = await attempt(ready)
    for _ in range(ATTEMPTS - 1):
        if _excuse(shown) is None or not patience.left:
            break
        shown = await attempt(ready)
    excuse = _excuse(shown)
    return shown if excuse is None else _excused(shown, excuse)


def _excuse(shown: Shown) -> str | None:
    """Evidence of a disturbance, where nothing fails but claims of times."""
    sound = _hold(shown.exact) and not shown.failures
    return shown.evidence if sound and not _hold(shown.timing) else None


def _hold(claims: Iterable[Claim]) -> bool:
    return all(claim.finding is not Finding.FAILS for claim in claims)


def _excused(shown: Shown, evidence: str) -> Shown:
    """Say of what fails that the machine was disturbed."""
    timing = [
        disturbed(claim, evidence) if claim.finding is Finding.FAILS else claim
        for claim in shown.timing
    ]
    return replace(shown, timing=tuple(timing))


def _all_of(shown: Iterable[Shown]) -> Iterator[Claim]:
    for each in shown:
        yield from (*each.exact, *each.timing)


def _grouped(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Claims of one group together, groups and claims in the order in which they came."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.group, []).append(claim)
    return tuple(claim for group in groups.values() for claim in group)


def programme(form: Form) -> Sequence[Experiment]:
    """What is put to the test, in this order."""
    return _SHORT if form is Form.SHORT else _FULL


def _sending(pace: Pace, window_s: float) -> Experiment:
    what = f"when requests are sent ({pace.name})"
    return Experiment(what, partial(experiments.sending, pace=pace, window_s=window_s))


def _queue(law: Law, load: float, window_s: float) -> Experiment:
    what = f"a queue, service times {law}, at {load:.0%} load"
    return Experiment(what, partial(experiments.queue, law=law, load=load, window_s=window_s))


def _lies(requests: int, every: int, *more: Told) -> Experiment:
    told = [*more, *(Told(lie, requests, every) for lie in Lie)]
    return Experiment("a server that lies", partial(experiments.lied_to, told=told))


def _limit(
    experiment: Callable[..., Awaitable[Shown]], client: Client, window_s: float
) -> Experiment:
    what = f"limits of the instrument ({client})"
    return Experiment(what, partial(experiment, client=client, window_s=window_s))


_POISSON: Final = Pace(Arrivals.POISSON, 1000.0, 50, LAG_MEDIAN_NS)
_CONSTANT: Final = Pace(Arrivals.CONSTANT, 1000.0, 50, LAG_MEDIAN_NS)
_FASTER: Final = Pace(Arrivals.POISSON, 5000.0, 99, LAG_TAIL_NS, spaced=False)

_SPACED_S: Final = 1.0
"""How long the gaps of 1,000 requests a second are looked at. In as many requests the test of
Kolmogorov and Smirnov sees a distance of 0.06, and a send lag of 60 us, as is allowed, makes one
of 1 - exp(-0.06): a longer look would find the lag, which has a claim of its own."""

_SHORT: Final = (
    _sending(_POISSON, _SPACED_S),
    _queue(Law.EXPONENTIAL, 0.6, 1.0),
    Experiment(
        "a server that stands still", partial(experiments.stalled_open, window_s=0.8, stall_s=0.3)
    ),
    Experiment("a server that takes 50 ms", partial(experiments.always_the_same, window_s=0.4)),
    _lies(200, 20),
    _limit(experiments.ceiling, Client.WIRE, 0.5),
)

_FULL: Final = (
    _sending(_POISSON, _SPACED_S),
    _sending(_CONSTANT, _SPACED_S),
    _sending(_FASTER, 2.0),
    *(_queue(law, load, 4.0) for law in Law for load in (0.3, 0.6, 0.8)),
    Experiment(
        "a server that stands still, open loop",
        partial(experiments.stalled_open, window_s=2.0, stall_s=0.5),
    ),
    Experiment(
        "a server that stands still, closed loop",
        partial(experiments.stalled_closed, window_s=1.0, stall_s=0.5),
    ),
    Experiment("a server that takes 50 ms", partial(experiments.always_the_same, window_s=2.0)),
    Experiment("a server that takes 5 or 50 ms", experiments.one_in_ten_slow),
    Experiment("busy connections", partial(experiments.full_connections, window_s=1.5)),
    _lies(1000, 100, Told(Lie.WRONG_BODY, 5000, 500)),
    *(_limit(experiments.floor, client, 0.7) for client in Client),
    *(_limit(experiments.ceiling, client, 1.0) for client in Client),
)
