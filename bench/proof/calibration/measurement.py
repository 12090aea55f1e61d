"""What a client says of one slice: figures, or what went wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """What a load tool reports; None: it does not say. Latency is from sending to the answer.

    requests: answers that the tool takes for right. throughput: of these, a second.
    """

    requests: int
    throughput: float
    mean_ns: float | None = None
    p50_ns: float | None = None
    p99_ns: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSlice:
    """One slice of one client on one place.

    throughput: right answers a second. cpu_ns: CPU time of the client / requests answered; None:
    unknown. Latencies as the client itself reports them, None where it does not. closed:
    connections that the server closed in the slice and our client opened again. starved: share of
    the time in which the client was ready to run and another process had its core, 0 to 1; None:
    unknown.
    """

    throughput: float
    cpu_ns: float | None
    mean_ns: float | None
    p50_ns: float | None
    p99_ns: float | None
    closed: int = 0
    starved: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a client has no figure of a slice, in words."""

    words: str
