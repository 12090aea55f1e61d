"""What the clients of a calibration report."""

from typing import Any

from bench.proof.calibration.client import ClientSlice


def client_slice(throughput: float, **known: Any) -> ClientSlice:
    """A slice of a client of which nothing is known but the throughput and what is given."""
    nothing = dict.fromkeys(("cpu_ns", "mean_ns", "p50_ns", "p99_ns"))
    return ClientSlice(throughput=throughput, **{**nothing, **known})
