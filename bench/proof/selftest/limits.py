"""What the instrument itself costs, on a server that does nothing: its floor and its ceiling."""

from typing import Final

from bench.facts.load import Client
from bench.facts.selftest import Claim
from bench.facts.slice import Observation
from bench.proof.selftest.claims import noted
from bench.proof.selftest.formatting import us

BUSY_SHARE: Final = 0.9  # of its core that a generator at its limit uses, at the least
GROUP: Final = "Limits of the measurement itself (on a server that does nothing)"


def floor(client: Client, seen: Observation) -> Claim:
    """Note what a request takes on one connection at least: nearly all is the instrument's."""
    whole, own = seen.service.percentile_ns(50), None
    if seen.client_delay is not None:
        own = seen.client_delay.percentile_ns(50)
    after = "" if own is None else f", {us(own)} of it after the kernel"
    return noted(
        GROUP,
        f"{client}: floor of a response, p50",
        "none" if whole is None else us(whole) + after,
    )


def scaled_ceiling(seen: Observation) -> float:
    """Answers a second that it can take in, every one of them verified, where the server is slower.

    One that speaks TLS or HTTP/3 is at its own limit first on most machines: then it is what the
    generator would reach with all of its core, as it did with a share of it.
    """
    return seen.throughput_rps / min(1.0, seen.generator_cpu_share / BUSY_SHARE)


def scaled_ceiling_noted(client: Client, connections: int, seen: Observation) -> Claim:
    """Note it, and what of it was seen."""
    return _scaled(f"{client}: ceiling, {connections} requests in flight", seen)


def renewed_ceiling(client: Client, connections: int, seen: Observation) -> Claim:
    """Note the same of connections that are opened for one request each."""
    return _scaled(f"{client}: ceiling, new connections, {connections} at once", seen)


def _scaled(what: str, seen: Observation) -> Claim:
    return noted(
        GROUP,
        what,
        f"{scaled_ceiling(seen):,.0f} a second ({seen.throughput_rps:,.0f} with "
        f"{min(1.0, seen.generator_cpu_share):.0%} of a core)",
    )


def ceiling(client: Client, connections: int, seen: Observation) -> Claim:
    """Note how many answers a second it can take in, every one of them verified."""
    return noted(
        GROUP,
        f"{client}: ceiling, {connections} connections",
        f"{seen.throughput_rps:,.0f} a second",
    )
