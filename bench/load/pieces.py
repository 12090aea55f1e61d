"""A slice in pieces, with pieces of others between them: orders cut up, and put together."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median_low
from typing import Final

import numpy as np

from bench.facts.slice import Observation, Pieces, Stalls
from bench.facts.wrong_answers import examples, statuses
from bench.load.order import Order
from bench.load.sums import ERRORS_KEPT, histogram, outcomes
from bench.stats.histogram import Histogram

_SEEDS_APART: Final = 1_000_003  # a prime: pieces of one order draw nothing that another draws


def turns(pieces: Sequence[int], seed: int) -> list[tuple[int, int]]:
    """The order in which several slices' pieces are taken: which slice, and which of its pieces.

    Every slice's pieces are spread over the whole time. Of slices with as many pieces, each has one
    before any has its next, in an order drawn anew each time.
    """
    draw = np.random.default_rng(seed)
    return sorted(
        ((index, number) for index, of in enumerate(pieces) for number in range(of)),
        key=lambda turn: ((turn[1] + 0.5) / pieces[turn[0]], draw.random()),
    )


def piece(order: Order, number: int, of: int) -> Order:
    """Piece `number`, from 0, of so many: as long a part of the window, other arrivals.

    The lead-in is as long a part on average, but drawn, from a half of it to one and a half: a
    server that answers in batches is in step with the beginning of the load, and windows that
    began at the same time after it would all see the same part of a batch. A slice that is not cut
    stays as it is.
    """
    if of == 1:
        return order
    seed = order.seed + number * _SEEDS_APART
    share = np.random.default_rng([seed, 2]).uniform(0.5, 1.5)
    return replace(
        order,
        seed=seed,
        lead_in_s=share * order.lead_in_s / of,
        window_s=order.window_s / of,
    )


def in_sequence(parts: Sequence[Observation]) -> Observation:
    """Put together what was seen of one target, piece after piece.

    Counts, times and histograms add up; means are over the windows. Connections are counted from
    the beginning of the slice on, so the last piece has them all.
    """
    windows = [part.window_ns for part in parts]

    def over_windows(values: Sequence[float]) -> float:
        weighted = (value * window for value, window in zip(values, windows, strict=True))
        return sum(weighted) / sum(windows)

    starved = [part.starved_share for part in parts]
    settling = [part.settling_ns for part in parts]
    networks = [part.network_ns for part in parts if part.network_ns is not None]
    return Observation(
        started_at=parts[0].started_at,
        window_ns=sum(windows),
        outcomes=outcomes(parts),
        answered_in_window=sum(part.answered_in_window for part in parts),
        in_flight_mean=over_windows([part.in_flight_mean for part in parts]),
        response=histogram([part.response for part in parts]),
        connection_wait=histogram([part.connection_wait for part in parts]),
        send_lag=histogram([part.send_lag for part in parts]),
        service=Histogram.merged(part.service for part in parts),
        client_delay=histogram([part.client_delay for part in parts]),
        raw=histogram([part.raw for part in parts]),
        corrected=histogram([part.corrected for part in parts]),
        stalls=_stalls([part.stalls for part in parts]),
        waiting_at_start=sum(part.waiting_at_start for part in parts),
        waiting_at_end=sum(part.waiting_at_end for part in parts),
        cpu_ns=_sum([part.cpu_ns for part in parts]),
        cpu_requests=sum(part.cpu_requests for part in parts),
        settling_ns=None if None in settling else max(each or 0 for each in settling),
        settled=all(part.settled for part in parts),
        worked_ns=_sum([part.worked_ns for part in parts]),
        processes_changed=sum(part.processes_changed for part in parts),
        connections_opened=parts[-1].connections_opened,
        connections_lost=parts[-1].connections_lost,
        network_ns=median_low(networks) if networks else None,
        generator_cpu_ns=sum(part.generator_cpu_ns for part in parts),
        generator_cpu_share=over_windows([part.generator_cpu_share for part in parts]),
        starved_share=None if None in starved else over_windows([s or 0.0 for s in starved]),
        preemptions=sum(part.preemptions for part in parts),
        collections=sum(part.collections for part in parts),
        thinking_mean=over_windows([part.thinking_mean for part in parts]),
        made=sum(part.made for part in parts),
        errors=tuple(error for part in parts for error in part.errors)[:ERRORS_KEPT],
        statuses=statuses(parts),
        examples=examples(parts),
        pieces=_each(parts) if len(parts) > 1 else None,
    )


def _each(parts: Sequence[Observation]) -> Pieces:
    times = [part.response or part.service for part in parts]
    return Pieces(
        window_ns=parts[0].window_ns,
        answered_in_window=tuple(part.answered_in_window for part in parts),
        mean_ns=tuple(each.mean_ns() for each in times),
        p50_ns=tuple(each.percentile_ns(50) for each in times),
        cpu_ns=tuple(part.cpu_ns for part in parts),
        cpu_requests=tuple(part.cpu_requests for part in parts),
    )


def _stalls(found: Sequence[Stalls]) -> Stalls:
    return Stalls(
        count=sum(each.count for each in found),
        total_ns=sum(each.total_ns for each in found),
        longest_ns=max(each.longest_ns for each in found),
    )


def _sum(found: Sequence[int | None]) -> int | None:
    known = [each for each in found if each is not None]
    return sum(known) if len(known) == len(found) else None
