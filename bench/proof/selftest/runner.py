"""The self-test: which experiments are made, and what is made of what they show."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from bench.facts.load import Arrivals, Client
from bench.facts.selftest import Claim, SelfTest
from bench.load.process import LoadProcess
from bench.proof.reference.event_lies import OF_SSE, EventLie
from bench.proof.reference.event_streams import EventForm
from bench.proof.reference.http3.lie_names import Http3Lie
from bench.proof.reference.lying_server import Lie
from bench.proof.reference.stream_lies import StreamLie
from bench.proof.reference.websocket_lies import WebSocketLie
from bench.proof.selftest import experiments
from bench.proof.selftest.arrivals import ArrivalPace
from bench.proof.selftest.claims import Shown, never_failed, same_count
from bench.proof.selftest.exactness import budget
from bench.proof.selftest.fault_counts import AnyLie, Told
from bench.proof.selftest.queueing_theory import Law
from bench.proof.selftest.testbed import Stand, stand
from bench.stats.units import NS_PER_S
from bench.system import clock
from bench.system.machine import Cores
from servers.protocol import Protocol

COVERED: Final = tuple(Protocol)
"""What is put to the test where nothing is asked for: all that the generator speaks."""


def proved_for(asked: Iterable[Protocol]) -> Sequence[Protocol]:
    """Protocols that are put to the test where these are measured, each once, in one order."""
    wanted = set(asked)
    return [each for each in COVERED if each in wanted]


class SelfTestForm(StrEnum):
    """How much is put to the test: what a run needs first, in 10 s, or all, in a minute."""

    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class SelfTestExperiment:
    """One of the self-test's experiments; `what` is said while it goes on."""

    what: str
    make: Callable[[Stand], Awaitable[Shown]]
    protocol: Protocol = Protocol.HTTP_1_1

    async def shown(self, stand: Stand) -> Shown:
        """Make it, over its protocol, which is said where it is not HTTP/1.1."""
        found = await self.make(stand.over(self.protocol))
        return replace(
            found, logic=self._named(found.logic), exactness=self._named(found.exactness)
        )

    def _named(self, claims: Iterable[Claim]) -> tuple[Claim, ...]:
        return tuple(
            each
            if self.protocol is Protocol.HTTP_1_1
            else replace(each, group=f"{each.group} over {self.protocol}")
            for each in claims
        )


async def selftest(
    form: SelfTestForm,
    load: LoadProcess,
    cores: Cores,
    folder: Path,
    say: Callable[[str], None],
    protocols: Sequence[Protocol] = COVERED,
    *,
    renewed: bool = False,
) -> SelfTest:
    """Let the instrument prove itself over protocols; the servers' logs are left in `folder`.

    `renewed`: a run is to measure new connections, so its short form finds their ceiling, too.
    Call it on the servers' cores: it starts servers there, and waits. Raises LaunchError and
    HarnessError.
    """
    started_at, began_ns = clock.wall_iso(), clock.monotonic_ns()
    shown: list[Shown] = []
    async with stand(load, cores, folder, protocols) as ready:
        planned = programme(form, protocols, renewed=renewed)
        for number, experiment in enumerate(planned, 1):
            say(f"self-test {number} of {len(planned)}: {experiment.what}")
            shown.append(await experiment.shown(ready))
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


def programme(
    form: SelfTestForm, protocols: Sequence[Protocol] = COVERED, *, renewed: bool = False
) -> Sequence[SelfTestExperiment]:
    """What is put to the test, in this order. What does not hang on the protocol is tried once."""
    renewed = renewed or form is SelfTestForm.FULL
    of_http1, of_other = (
        (_SHORT, _short_over) if form is SelfTestForm.SHORT else (_FULL, _full_over)
    )
    return [
        experiment
        for protocol in protocols
        for experiment in (
            *(
                of_http1
                if protocol is Protocol.HTTP_1_1
                else [_over(protocol, each) for each in of_other(protocol)]
            ),
            *([] if protocol.has_streams or not renewed else [_over(protocol, _RENEWED)]),
        )
    ]


def _over(protocol: Protocol, experiment: SelfTestExperiment) -> SelfTestExperiment:
    return replace(experiment, what=f"{experiment.what}, over {protocol}", protocol=protocol)


def _sending(pace: ArrivalPace, window_s: float) -> SelfTestExperiment:
    what = f"when requests are sent ({pace.name})"
    return SelfTestExperiment(what, partial(experiments.sending, pace=pace, window_s=window_s))


def _queue(law: Law, load: float, window_s: float) -> SelfTestExperiment:
    what = f"a queue, service times {law}, at {load:.0%} load"
    return SelfTestExperiment(
        what, partial(experiments.queue, law=law, load=load, window_s=window_s)
    )


def _lies(
    requests: int, every: int, *more: Told, lies: Iterable[AnyLie] = Lie
) -> SelfTestExperiment:
    told = [*more, *(Told(lie, requests, every) for lie in lies)]
    return SelfTestExperiment("a server that misbehaves", partial(experiments.lied_to, told=told))


def _timed_events(form: EventForm, window_s: float) -> SelfTestExperiment:
    what = f"streams of events ({form})"
    return SelfTestExperiment(what, partial(experiments.timed_events, form=form, window_s=window_s))


def _event_lies(requests: int, every: int, lies: Iterable[EventLie] = EventLie) -> Iterator[Told]:
    """Streams of events of each form, with what can be wrong in it."""
    wanted = set(lies)
    for form in EventForm:
        for lie in EventLie:
            if lie in wanted and (form is EventForm.SSE or lie not in OF_SSE):
                yield Told(lie, requests, every, form)


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


_RENEWED: Final = SelfTestExperiment(
    "limits of the measurement (new connections)",
    partial(experiments.renewed_ceiling, client=Client.WIRE, window_s=0.5),
)


def _busy(window_s: float) -> SelfTestExperiment:
    return SelfTestExperiment(
        "busy connections", partial(experiments.full_connections, window_s=window_s)
    )


_FEW_EVENT_LIES: Final = (
    EventLie.MISSING_EVENT,
    EventLie.DOUBLED_EVENT,
    EventLie.CUT_IN_MID_EVENT,
    EventLie.EVENTS_WITHOUT_END,
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
    _lies(200, 20, *_event_lies(100, 20, _FEW_EVENT_LIES)),
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
    _lies(500, 50, Told(Lie.WRONG_BODY, 5000, 500), lies=(*Lie, *WebSocketLie)),
    *(_timed_events(form, 2.0) for form in EventForm),
    SelfTestExperiment(
        "streams of events that are wrong",
        partial(experiments.lied_to, told=[*_event_lies(200, 20)]),
    ),
    *(_limit(experiments.floor, client, 0.7) for client in Client),
    *(_limit(experiments.ceiling, client, 1.0) for client in Client),
)

_FEW_LIES: Final = (Lie.WRONG_BODY, Lie.TRUNCATED_BODY, Lie.TWO_ANSWERS, Lie.RESET_IN_BODY)
_FEW_STREAM_LIES: Final = (
    StreamLie.WRONG_BODY,
    StreamLie.RST_STREAM,
    StreamLie.GOAWAY_IN_MID_RUN,
    StreamLie.CONNECTION_RESET_IN_BODY,
    StreamLie.DATA_ON_NO_STREAM,
    StreamLie.BYTES_AFTER_THE_END,
)
"""Over TLS, in the short form: what is beneath it is the same as without."""

_FEW_HTTP3_LIES: Final = (
    Http3Lie.WRONG_BODY,
    Http3Lie.RESET_STREAM,
    Http3Lie.GOAWAY_IN_MID_RUN,
    Http3Lie.CLOSE_IN_BODY,
    Http3Lie.NO_ANSWER,
    Http3Lie.DATA_AFTER_CONTENT_LENGTH,
)
_HTTP3_LIED_TO: Final = 60
"""Requests to a server that lies over HTTP/3. Some lies cost a connection, and have one for each
request: its handshake takes both sides milliseconds."""


def _short_over(protocol: Protocol) -> Sequence[SelfTestExperiment]:
    """The short form, but for what does not hang on the protocol."""
    ceiling = _limit(experiments.ceiling, Client.WIRE, 0.5)
    lies = _lies(200, 20, lies=StreamLie)
    if protocol is Protocol.H3:
        lies = _lies(_HTTP3_LIED_TO, 20, lies=_FEW_HTTP3_LIES)
    elif protocol.secure:
        lies = _lies(200, 20, lies=_FEW_STREAM_LIES if protocol.has_streams else _FEW_LIES)
    return (
        _queue(Law.EXPONENTIAL, 0.6, 1.0),
        SelfTestExperiment(
            "a server that stalls", partial(experiments.stalled_open, window_s=0.8, stall_s=0.3)
        ),
        lies,
        ceiling,
    )


def _all_lies(protocol: Protocol) -> SelfTestExperiment:
    """Those that can be told over a protocol."""
    if protocol is Protocol.H3:
        return _lies(_HTTP3_LIED_TO, 20, lies=Http3Lie)
    if protocol.has_streams:
        return _lies(500, 50, lies=StreamLie)
    events = _event_lies(200, 20, _FEW_EVENT_LIES)
    return _lies(500, 50, *events, lies=(*Lie, *WebSocketLie))


def _full_over(protocol: Protocol) -> Sequence[SelfTestExperiment]:
    """The full form, in shorter time, and without the other clients."""
    ceiling = _limit(experiments.ceiling, Client.WIRE, 1.0)
    streams = () if protocol.has_streams else (_timed_events(EventForm.SSE, 1.0),)
    return (
        _sending(_POISSON, 2.0),
        *(_queue(law, load, 2.0) for law in Law for load in (0.6, 0.8)),
        SelfTestExperiment(
            "a server that stalls, open loop",
            partial(experiments.stalled_open, window_s=2.0, stall_s=0.5),
        ),
        SelfTestExperiment(
            "a server that stalls, closed loop",
            partial(experiments.stalled_closed, window_s=1.0, stall_s=0.5),
        ),
        _constant(400.0, 2.0),
        _busy(1.0),
        *streams,
        _all_lies(protocol),
        _limit(experiments.floor, Client.WIRE, 0.7),
        ceiling,
    )
