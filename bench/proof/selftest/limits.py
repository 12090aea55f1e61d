"""What the instrument itself costs, on a server that does nothing: its floor and its ceiling."""

from typing import Final

from bench.facts.load import Client
from bench.facts.selftest import Claim
from bench.facts.slice import Observation
from bench.proof.selftest.claims import noted
from bench.proof.selftest.formatting import us

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


def ceiling(client: Client, connections: int, seen: Observation) -> Claim:
    """Note how many answers a second it can take in, every one of them verified."""
    return noted(
        GROUP,
        f"{client}: ceiling, {connections} connections",
        f"{seen.throughput_rps:,.0f} a second",
    )
