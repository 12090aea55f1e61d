"""Orders in parts, pieces in turn or shards at once, and what was seen of them put together."""

from collections.abc import Callable, Sequence
from dataclasses import Field, fields, replace
from typing import Any, Final

import numpy as np

from bench.facts.combining import Rule, combination
from bench.facts.slice import Observation, Pieces
from bench.load.order import Order, Shard

_SEEDS_APART: Final = 1_000_003  # a prime: pieces of one order draw nothing that another draws


def turns(pieces: Sequence[int], seed: int) -> list[tuple[int, int]]:
    """The order in which several slices' pieces are taken: which slice, and which of its pieces.

    Every slice's pieces are spread over the whole time. Of slices with as many pieces, each has one
    before any has its next, in an order drawn again each time.
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


def sharded(order: Order, shards: int) -> list[Order]:
    """Split an order among so many generators, for them to begin at the same time."""
    return [replace(order, shard=Shard(index, shards)) for index in range(shards)]


def in_sequence(parts: Sequence[Observation]) -> Observation:
    """Put together what was seen of one target, piece after piece."""
    pieces = _each(parts) if len(parts) > 1 else None
    return replace(_combined(parts, lambda field: combination(field).sequence), pieces=pieces)


def in_parallel(parts: Sequence[Observation]) -> Observation:
    """Put together what the shards of one order have seen; a single part is left as it is."""
    if len(parts) == 1:
        return parts[0]
    return _combined(parts, lambda field: combination(field).parallel)


def _combined(parts: Sequence[Observation], rule_of: Callable[[Field[Any]], Rule]) -> Observation:
    windows = [part.window_ns for part in parts]
    return Observation(
        **{
            field.name: rule_of(field)([getattr(part, field.name) for part in parts], windows)
            for field in fields(Observation)
        }
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
