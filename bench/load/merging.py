"""One load by several generators at once: an order in parts, and what was seen put together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

from bench.facts.slice import Observation
from bench.facts.wrong_answers import examples, statuses
from bench.load.order import Order, Shard
from bench.load.sums import ERRORS_KEPT, histogram, outcomes
from bench.stats.histogram import Histogram
from bench.system import clock

N = TypeVar("N", int, float)
_HEAD_START_NS: Final = 50_000_000  # for all of them to be ready when the plan begins


def sharded(order: Order, shards: int) -> list[Order]:
    """Split an order among so many generators, which begin at the same time."""
    if shards == 1:
        return [order]
    start_ns = clock.monotonic_ns() + _HEAD_START_NS
    return [
        replace(order, shard=Shard(index, shards), start_ns=start_ns) for index in range(shards)
    ]


def merged(parts: Sequence[Observation]) -> Observation:
    """Put together what the shards of one order have seen; a single part is left as it is.

    Counts and histograms add up. The server's CPU time was read by all: the longest reading spans
    the others. A server stood still where none of them got an answer: in no more than the least of
    what each has seen. Shares of the generator's time are those of its busiest, or most hindered,
    core.
    """
    if len(parts) == 1:
        return parts[0]
    return Observation(
        started_at=min(part.started_at for part in parts),
        window_ns=parts[0].window_ns,
        outcomes=outcomes(parts),
        answered_in_window=sum(part.answered_in_window for part in parts),
        in_flight_mean=sum(part.in_flight_mean for part in parts),
        response=histogram([part.response for part in parts]),
        connection_wait=histogram([part.connection_wait for part in parts]),
        send_lag=histogram([part.send_lag for part in parts]),
        service=Histogram.merged(part.service for part in parts),
        client_delay=histogram([part.client_delay for part in parts]),
        raw=histogram([part.raw for part in parts]),
        corrected=histogram([part.corrected for part in parts]),
        stalls=min((part.stalls for part in parts), key=lambda stalls: stalls.total_ns),
        waiting_at_start=sum(part.waiting_at_start for part in parts),
        waiting_at_end=sum(part.waiting_at_end for part in parts),
        cpu_ns=_most([part.cpu_ns for part in parts]),
        cpu_requests=sum(part.cpu_requests for part in parts),
        settling_ns=_most([part.settling_ns for part in parts]),
        settled=all(part.settled for part in parts),
        worked_ns=_most([part.worked_ns for part in parts]),
        processes_changed=max(part.processes_changed for part in parts),
        connections_opened=sum(part.connections_opened for part in parts),
        connections_lost=sum(part.connections_lost for part in parts),
        network_ns=_most([part.network_ns for part in parts]),
        generator_cpu_ns=sum(part.generator_cpu_ns for part in parts),
        generator_cpu_share=max(part.generator_cpu_share for part in parts),
        starved_share=_most([part.starved_share for part in parts]),
        preemptions=sum(part.preemptions for part in parts),
        collections=sum(part.collections for part in parts),
        thinking_mean=sum(part.thinking_mean for part in parts),
        made=sum(part.made for part in parts),
        errors=tuple(error for part in parts for error in part.errors)[:ERRORS_KEPT],
        statuses=statuses(parts),
        examples=examples(parts),
    )


def _most(found: Sequence[N | None]) -> N | None:
    """The greatest of all; None where one of them is not known."""
    known = [each for each in found if each is not None]
    return max(known) if len(known) == len(found) else None
