"""A queue with one server: the response time of every request follows from the arrivals alone."""

from typing import Final

import numpy as np

from bench.facts.selftest import Claim
from bench.proof.selftest.claims import claim
from bench.proof.selftest.formatting import signed_us
from bench.proof.selftest.server_record import CLOCKS_NS, AnswerTimes, Times

GROUP: Final = "A queue, request by request (Lindley's recursion)"


def responses(arrivals: Times, services: Times) -> Times:
    """Time in the system of each request, in the order of arrival, along the last axis.

    Lindley (1952): free = max(arrival, free) + service. Unrolled, with C the sum of the services
    so far: free_k = C_k + max over j <= k of (arrival_j - C_(j-1)).
    """
    work = np.cumsum(services, axis=-1)
    free: Times = work + np.maximum.accumulate(arrivals - (work - services), axis=-1)
    return free - arrivals


def by_turn(answers: AnswerTimes, services: Times) -> Times:
    """The same of requests in whatever order, which were served as they were taken, shape (n,)."""
    order, found = np.argsort(answers.turn, kind="stable"), np.empty_like(services)
    found[order] = responses(answers.came[order], services[order])
    return found


def never_shorter(queue: str, answers: AnswerTimes, services: Times, measured: Times) -> Claim:
    """No request takes less time than the recursion on the actual arrivals gives, shape (n,), ns.

    That is so however late server and client are, if each is taken for the request that it was.
    """
    least = float((measured - by_turn(answers, services)).min()) if len(measured) else -np.inf
    return claim(
        GROUP,
        f"{queue}: least more than by the recursion",
        f"not below {signed_us(-CLOCKS_NS)}",
        signed_us(least),
        holds=least >= -CLOCKS_NS,
    )
