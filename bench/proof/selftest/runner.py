"""The self-test: which experiments are made, and what is made of what they show."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from bench.facts.load import Arrivals, Client
from bench.facts.selftest import Claim, SelfTest
from bench.load.process import LoadProcess
from bench.proof.reference.lying_server import Lie
from bench.proof.selftest import experiments
from bench.proof.selftest.arrivals import ArrivalPace
from bench.proof.selftest.claims import Shown, never_failed, same_count
from bench.proof.selftest.exactness import budget
from bench.proof.selftest.fault_counts import Told
from bench.proof.selftest.queueing_theory import Law
from bench.proof.selftest.testbed import Stand, stand
from bench.stats.units import NS_PER_S
from bench.system import clock
from bench.system.machine import Cores


class SelfTestForm(StrEnum):
    """How much is put to the test: what a run needs first, in 10 s, or all, in a minute."""

    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class SelfTestExperiment:
    """One of the self-test's experiments; `what` is said while it goes on."""

    what: str
    make: Callable[[Stand], Awaitable[Shown]]


async def selftest(
    form: SelfTestForm,
    load: LoadProcess,
    cores: Cores,
    folder: Path,
    say: Callable[[str], None],
    *,
    http3: bool = True,
) -> SelfTest:
    """Let the instrument prove itself; the servers' logs are left in `folder`.

    `http3`: over HTTP/3, too.

    Call it on the servers' cores: it starts servers there, and waits. Raises LaunchError and
    HarnessError.
    """
    started_at, began_ns = clock.wall_iso(), clock.monotonic_ns()
    shown: list[Shown] = []
    async with stand(load, cores, folder, http3=http3) as ready:
        planned = programme(form, http3=http3)
        for number, experiment in enumerate(planned, 1):
            say(f"self-test {number} of {len(planned)}: {experiment.what}")
            shown.append(await experiment.make(ready))
    return SelfTest(
        form=form,
        started_at=started_at,
        duration_s=(clock.monotonic_ns() - began_ns) / NS_PER_S,
        claims=_grouped([*_all_of(shown), never_failed(shown), same_count(shown)]),
        ceiling_rps=next((each.ceiling_rps for each in shown if each.ceiling_rps), None),
        ceiling_connections=experiments.CEILING_CONNECTIONS,
        budget=budget(each.errors for each in shown),
        ceilings={name: rps for each in shown for name, rps in each.ceilings.items()},
    )


def _all_of(shown: Iterable[Shown]) -> Iterator[Claim]:
    for each in shown:
        yield from (*each.logic, *each.exactness)


def _grouped(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Claims of one group together, groups and claims in the order in which they came."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.group, []).append(claim)
    return tuple(claim for group in groups.values() for claim in group)


def programme(form: SelfTestForm, *, http3: bool) -> Sequence[SelfTestExperiment]:
    """What is put to the test, in this order."""
    usual, window_s = (_SHORT, 0.5) if form is SelfTestForm.SHORT else (_FULL, 1.0)
    return (*usual, _http3(window_s)) if http3 else usual


def _http3(window_s: float) -> SelfTestExperiment:
    return SelfTestExperiment(
        "limits of the measurement (HTTP/3)", partial(experiments.http3_ceiling, window_s=window_s)
    )


def _sending(pace: ArrivalPace, window_s: float) -> SelfTestExperiment:
    what = f"when requests are sent ({pace.name})"
    return SelfTestExperiment(what, partial(experiments.sending, pace=pace, window_s=window_s))


def _queue(law: Law, load: float, window_s: float) -> SelfTestExperiment:
    what = f"a queue, service times {law}, at {load:.0%} load"
    return SelfTestExperiment(
        what, partial(experiments.queue, law=law, load=load, window_s=window_s)
    )


def _lies(requests: int, every: int, *more: Told) -> SelfTestExperiment:
    told = [*more, *(Told(lie, requests, every) for lie in Lie)]
    return SelfTestExperiment("a server that misbehaves", partial(experiments.lied_to, told=told))


def _limit(
    experiment: Callable[..., Awaitable[Shown]], client: Client, window_s: float
) -> SelfTestExperiment:
    what = f"limits of the measurement ({client})"
    return SelfTestExperiment(what, partial(experiment, client=client, window_s=window_s))


def _constant(rate: float, window_s: float) -> SelfTestExperiment:
    what = f"a server that takes 50 ms, at {rate:,.0f}/s"
    return SelfTestExperiment(
        what, partial(experiments.always_the_same, rate=rate, window_s=window_s)
    )


def _busy(window_s: float) -> SelfTestExperiment:
    return SelfTestExperiment(
        "busy connections", partial(experiments.full_connections, window_s=window_s)
    )


_POISSON: Final = ArrivalPace(Arrivals.POISSON, 1000.0)
_CONSTANT: Final = ArrivalPace(Arrivals.CONSTANT, 1000.0)
_FASTER: Final = ArrivalPace(Arrivals.POISSON, 5000.0)

_SHORT: Final = (
    _sending(_POISSON, 1.0),
    _queue(Law.EXPONENTIAL, 0.6, 1.0),
    _constant(400.0, 0.75),
    _busy(0.4),
    SelfTestExperiment(
        "a server that stalls", partial(experiments.stalled_open, window_s=0.8, stall_s=0.3)
    ),
    _lies(200, 20),
    _limit(experiments.ceiling, Client.WIRE, 0.5),
)

_FULL: Final = (
    *(_sending(pace, 2.0) for pace in (_POISSON, _CONSTANT, _FASTER)),
    *(_queue(law, load, 4.0) for law in Law for load in (0.3, 0.6, 0.8)),
    SelfTestExperiment(
        "a server that stalls, open loop",
        partial(experiments.stalled_open, window_s=2.0, stall_s=0.5),
    ),
    SelfTestExperiment(
        "a server that stalls, closed loop",
        partial(experiments.stalled_closed, window_s=1.0, stall_s=0.5),
    ),
    *(_constant(rate, 2.0) for rate in (400.0, 1000.0)),
    SelfTestExperiment("a server that takes 5 or 50 ms", experiments.few_slow),
    _busy(1.5),
    _lies(500, 50, Told(Lie.WRONG_BODY, 5000, 500)),
    *(_limit(experiments.floor, client, 0.7) for client in Client),
    *(_limit(experiments.ceiling, client, 1.0) for client in Client),
)
