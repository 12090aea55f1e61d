"""Reasons to distrust a slice in words, and what to do; and when a queue was growing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from bench.facts.slice import DoubtKind, Observation

GROWN_SHARE: Final = 0.1
"""Of what was due in a window, by which more may wait at its end than at its beginning. A server
that falls behind by less is not told from one that keeps up in so short a time."""

CHANCE_SIGMAS: Final = 3.0
"""How many are in flight at a moment is a matter of chance, with the root of it as the spread: the
difference of two moments has the root of both."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a doubt means to the reader of a report.

    `says` is a format string over the worst value seen, `advice` what can be done about it.
    """

    says: str
    advice: str


EXPLANATIONS: dict[DoubtKind, Explanation] = {
    DoubtKind.UNSENT: Explanation(
        "{value:.2%} of the requests that were due could not be sent before the slice ended",
        "every connection was busy: raise --connections or lower --rate",
    ),
    DoubtKind.SEND_LAG: Explanation(
        "requests left up to {value:.2f} ms (p99) later than they could have: the client was late; "
        "its delay is not in the response times, but arrivals were not quite those of the plan",
        "leave the generator's core to it alone, or lower --rate",
    ),
    DoubtKind.CONNECTION_WAIT: Explanation(
        "requests waited up to {value:.2f} ms (p99) for a free connection; the wait is part of the "
        "response times shown",
        "raise --connections, or lower --rate",
    ),
    DoubtKind.CLIENT_DELAY: Explanation(
        "answers lay up to {value:.2f} ms (p99) in the kernel before the client read them",
        "response times of open loops end in the kernel; in closed loop read the corrected figures",
    ),
    DoubtKind.GENERATOR_SATURATED: Explanation(
        "the generator used {value:.0%} of its core: the client may be the limit, not the server",
        "read throughput as a lower bound",
    ),
    DoubtKind.GENERATOR_CEILING: Explanation(
        "throughput came to {value:.0%} of what the generator reaches on a server that does "
        "nothing",
        "the client's own cost is a good part of the figure; see --generator-cores",
    ),
    DoubtKind.GENERATOR_MAKES: Explanation(
        "throughput came to {value:.0%} of what the generator reaches where it makes requests "
        "meanwhile",
        "the workload's own code is a good part of the figure; see --generator-cores, or let it "
        "do less for each request",
    ),
    DoubtKind.GENERATOR_STARVED: Explanation(
        "for {value:.1%} of the time the generator was ready to run and another process had its "
        "core",
        "stop what else runs on this machine",
    ),
    DoubtKind.LITTLES_LAW: Explanation(
        "throughput x mean service time accounts for {value:.0%} of the connections: "
        "some were not served",
        "look at the server's threads or accept queue; its latency flatters it",
    ),
    DoubtKind.OFFERED_RATE_NOT_REACHED: Explanation(
        "only {value:.1%} of the offered rate was sent",
        "lower --rate",
    ),
    DoubtKind.OVERLOADED: Explanation(
        "requests waiting grew by {value:.0%} of those that were due: the queue was growing",
        "percentiles of a growing queue say how long the slice was; lower --rate",
    ),
    DoubtKind.WRONG_RESPONSES: Explanation(
        "{value:.3%} of the requests failed or were answered wrongly",
        "see the failures by outcome; a server that answers wrongly cannot be ranked",
    ),
    DoubtKind.WORK_PILES_UP: Explanation(
        "the server responds before its work is done: it worked on after the load for {value:.0%} "
        "of the measured time, so its throughput counts the time until it was idle again",
        "clients saw faster responses while work was piling up, which cannot go on for long",
    ),
    DoubtKind.STILL_WORKING: Explanation(
        "the server still worked {value:.0f} s after its last answer, and was stopped",
        "what it does after its answers is in its CPU a request only as far as was waited; it is "
        "measured alone from then on",
    ),
    DoubtKind.NEIGHBOUR_WORKING: Explanation(
        "{value:.0f} other servers worked on while this one was loaded",
        "the slice is left out; those servers are measured alone from then on",
    ),
    DoubtKind.PROCESSES_CHANGED: Explanation(
        "processes of the server ended or came under load ({value:.0f})",
        "as programs that the app runs, pools, and workers that are replaced; where none of that "
        "is meant, read the server's log in the run's folder",
    ),
    DoubtKind.CONNECTIONS_LOST: Explanation(
        "the server closed {value:.0f} connections, and as many were opened again",
        "the cost of connecting is in its figures; see its keep-alive settings",
    ),
    DoubtKind.COLLECTOR_RAN: Explanation(
        "the generator's garbage collector ran {value:.0f} times in the window",
        "a fault of the harness: report it",
    ),
    DoubtKind.STOLEN_CPU: Explanation(
        "the hypervisor took {value:.1%} of the CPU time",
        "use a quieter machine, or more rounds",
    ),
    DoubtKind.NETWORK_DELAY: Explanation(
        "the network takes {value:.2f} ms there and back at the least; it is part of every figure",
        "measure on the server's own machine, or compare servers over the same network only",
    ),
    DoubtKind.NOT_PINNED: Explanation(
        "generator and servers had no cores of their own",
        "the scheduler's choices are in every figure; use Linux, and more cores than "
        "--generator-cores",
    ),
    DoubtKind.COARSE_TIMER: Explanation(
        "this platform has no timerfd: requests were sent to the millisecond, not better",
        "read response times below a few milliseconds as no more than an order",
    ),
    DoubtKind.CLIENT_DELAY_UNKNOWN: Explanation(
        "the kernel does not stamp answers here, as on a unix socket: the client's own delay is "
        "not known",
        "a tail may be the client's; use Linux, and a port, to tell",
    ),
    DoubtKind.REFERENCE_CLIENT: Explanation(
        "httpx sent the load: the figures are largely the client's own",
        "leave --client out to measure the servers",
    ),
    DoubtKind.ONE_CORE: Explanation(
        "generator and server shared one core",
        "the client's own cost is in every figure; use a machine with two cores or more",
    ),
}


def growing_queue(seen: Sequence[Observation]) -> float | None:
    """By how much more waited when windows ended, as a share of what was due; None: as before.

    Of a slice in open loop, or of many of one cell: what chance may explain in one, it does not in
    many. Slices that are cut into pieces say nothing: their load begins with nothing in flight.
    """
    whole = [one for one in seen if one.pieces is None]
    due = sum(one.requests for one in whole)
    begun = sum(one.waiting_at_start for one in whole)
    ended = sum(one.waiting_at_end for one in whole)
    if ended - begun > GROWN_SHARE * due + CHANCE_SIGMAS * sqrt(begun + ended + len(whole)):
        return (ended - begun) / due
    return None
