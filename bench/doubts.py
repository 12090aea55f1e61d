"""Reasons to distrust a slice: each with its threshold, why it lies there, and what to do."""

from dataclasses import dataclass

from bench.domain import DoubtKind


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
        "requests left up to {value:.2f} ms (p99) after they were due: the client was late, or all "
        "connections were busy; the wait is part of the response times shown",
        "lower --rate, raise --connections, or leave the generator's core to it alone",
    ),
    DoubtKind.GENERATOR_SATURATED: Explanation(
        "the generator used {value:.0%} of its core: the client may be the limit, not the server",
        "read throughput as a lower bound",
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
        "{value:.0%} of the offered rate was answered within the slice: the queue was growing",
        "percentiles of a growing queue say how long the slice was; lower --rate",
    ),
    DoubtKind.WRONG_RESPONSES: Explanation(
        "{value:.3%} of the requests failed or were answered wrongly",
        "see the failures by outcome; a server that answers wrongly cannot be ranked",
    ),
    DoubtKind.SERVER_REPLACED: Explanation(
        "processes of the server died or were replaced under load ({value:.0f})",
        "read the server's log in the run's folder",
    ),
    DoubtKind.CONNECTIONS_LOST: Explanation(
        "the server closed {value:.0f} connections that were to be kept alive",
        "the cost of connecting anew is in its figures; see its keep-alive settings",
    ),
    DoubtKind.COLLECTOR_RAN: Explanation(
        "the generator's garbage collector ran {value:.0f} times in the window",
        "a fault of the harness: report it",
    ),
    DoubtKind.STOLEN_CPU: Explanation(
        "the hypervisor took {value:.1%} of the CPU time",
        "use a quieter machine, or more rounds",
    ),
    DoubtKind.REFERENCE_CLIENT: Explanation(
        "stock httpx sent the load: the figures are largely the client's own",
        "leave --client out to measure the servers",
    ),
    DoubtKind.ONE_CORE: Explanation(
        "generator and server shared one core",
        "the client's own cost is in every figure; use a machine with two cores or more",
    ),
}
