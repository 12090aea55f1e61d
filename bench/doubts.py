"""Reasons to distrust a slice, in words, and what to do about each."""

from dataclasses import dataclass
from typing import Final

from bench.facts.load import Sent
from bench.facts.slice import DoubtKind
from bench.formatting import worded


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a doubt means to the reader of a report.

    `says` is a format string over the worst value seen, `advice` what can be done about it.
    """

    says: str
    advice: str


def says(kind: DoubtKind, value: float, sent: Sent = Sent.REQUEST) -> str:
    """Say what a doubt found; value: in the kind's unit; sent: what the load was made of."""
    return worded(EXPLANATIONS[kind].says.format(value=value), sent)


def advice(kind: DoubtKind, sent: Sent = Sent.REQUEST) -> str:
    """Say what can be done about a doubt."""
    return worded(EXPLANATIONS[kind].advice, sent)


_SLOWER: Final = "lower --rate (of a replayed log: --replay-speed)"

EXPLANATIONS: dict[DoubtKind, Explanation] = {
    DoubtKind.UNSENT: Explanation(
        "{value:.2%} of the requests that were due could not be sent before the slice ended",
        f"every connection was busy: raise --connections or {_SLOWER}",
    ),
    DoubtKind.SEND_LAG: Explanation(
        "requests were sent up to {value:.2f} ms (p99) late by the client; its delay is not "
        "in the response times, but arrivals did not quite follow the schedule",
        f"keep other programs off the generator's core, or {_SLOWER}",
    ),
    DoubtKind.CONNECTION_WAIT: Explanation(
        "requests waited up to {value:.2f} ms (p99) for a free connection; the wait is part of the "
        "response times shown",
        f"raise --connections, or {_SLOWER}",
    ),
    DoubtKind.CLIENT_DELAY: Explanation(
        "responses waited up to {value:.2f} ms (p99) in the kernel before the client read them",
        "open-loop response times are not affected, they end in the kernel; in closed loop "
        "use the corrected figures",
    ),
    DoubtKind.GENERATOR_SATURATED: Explanation(
        "the generator used {value:.0%} of its core: the client may be the limit, not the server",
        "read throughput as a lower bound",
    ),
    DoubtKind.GENERATOR_CEILING: Explanation(
        "throughput reached {value:.0%} of the generator's maximum on a server that does nothing",
        "the client's own cost is a large part of the figure; see --generator-cores",
    ),
    DoubtKind.GENERATOR_MAKES: Explanation(
        "throughput reached {value:.0%} of the generator's maximum when it builds each "
        "request as it goes",
        "the workload's own code is a large part of the figure; see --generator-cores, or do "
        "less work per request in it",
    ),
    DoubtKind.GENERATOR_STARVED: Explanation(
        "for {value:.1%} of the time the generator was ready to run but another process "
        "occupied its core",
        "stop other programs on this machine",
    ),
    DoubtKind.BEGUN_LATE: Explanation(
        "the load began {value:.0f} ms after its time, so that a part of the window passed without "
        "it",
        "keep other programs off the generator's cores, or use fewer --generator-cores",
    ),
    DoubtKind.ENDED_EARLY: Explanation(
        "the load ended before the window did, so that {value:.0%} of it passed without load: the "
        "generator had no room to write more requests down",
        "give it more --generator-cores, each of which has as much room; or measure servers that "
        "take much longer in a run of their own: exposures last as long as the slowest needs",
    ),
    DoubtKind.LITTLES_LAW: Explanation(
        "throughput x mean service time accounts for {value:.0%} of the connections: "
        "some were not served",
        "check the server's threads or accept queue; its latency looks better than it is",
    ),
    DoubtKind.OFFERED_RATE_NOT_REACHED: Explanation(
        "only {value:.1%} of the offered rate was sent",
        _SLOWER,
    ),
    DoubtKind.OVERLOADED: Explanation(
        "the queue was growing: the number of waiting requests rose by {value:.0%} of those "
        "that were due",
        f"percentiles of a growing queue depend on how long it is measured; {_SLOWER}",
    ),
    DoubtKind.WRONG_RESPONSES: Explanation(
        "{value:.3%} of the requests failed or got a wrong response",
        "see the failures by outcome; a server with wrong responses cannot be ranked",
    ),
    DoubtKind.WORK_PILES_UP: Explanation(
        "the server responds before its work is done: it kept working after the load for "
        "{value:.0%} of the measured time, so its throughput includes the time until it was "
        "idle again",
        "clients saw faster responses while work was piling up, which cannot last",
    ),
    DoubtKind.STILL_WORKING: Explanation(
        "the server was still working {value:.0f} s after its last response, and was stopped",
        "its CPU per request includes work after the responses only up to that point; it is "
        "measured alone from then on",
    ),
    DoubtKind.NEIGHBOUR_WORKING: Explanation(
        "{value:.0f} other servers were still working while this one was loaded",
        "the slice is excluded; those servers are measured alone from then on",
    ),
    DoubtKind.PROCESSES_CHANGED: Explanation(
        "processes of the server exited or were started under load ({value:.0f})",
        "normal for programs that the app runs, for pools and for replaced workers; if none "
        "of these is intended, read the server's log in the run's folder",
    ),
    DoubtKind.CONNECTIONS_LOST: Explanation(
        "the server closed {value:.0f} connections, which were reopened",
        "its throughput includes the cost of reconnecting; check its keep-alive settings",
    ),
    DoubtKind.COLLECTOR_RAN: Explanation(
        "the generator's garbage collector ran {value:.0f} times in the window",
        "a bug in Weighbridge: please report it",
    ),
    DoubtKind.STOLEN_CPU: Explanation(
        "the hypervisor took {value:.1%} of the CPU time",
        "use a quieter machine, or more rounds",
    ),
    DoubtKind.NETWORK_DELAY: Explanation(
        "the network round trip takes at least {value:.2f} ms; it is part of every figure",
        "measure on the server's own machine, or compare only servers reached over the same "
        "network",
    ),
    DoubtKind.NOT_PINNED: Explanation(
        "generator and servers were not pinned to cores of their own",
        "every figure includes the scheduler's choices; use Linux and more cores than "
        "--generator-cores",
    ),
    DoubtKind.COARSE_TIMER: Explanation(
        "this platform has no timerfd: send times are accurate only to a millisecond",
        "treat response times below a few milliseconds as orders of magnitude only",
    ),
    DoubtKind.CLIENT_DELAY_UNKNOWN: Explanation(
        "{value:.0%} of the responses have no valid timestamp of the kernel's (there are none on a "
        "unix socket, and none is valid where the clock was set), so the client's own delay is "
        "unknown",
        "a long tail may be the client's; use Linux, a TCP port and a clock that nobody sets to "
        "find out",
    ),
    DoubtKind.REFERENCE_CLIENT: Explanation(
        "httpx sent the load: the figures mostly measure the client",
        "omit --client to measure the servers",
    ),
    DoubtKind.ONE_CORE: Explanation(
        "generator and server shared one core",
        "every figure includes the client's own cost; use a machine with two or more cores",
    ),
}
