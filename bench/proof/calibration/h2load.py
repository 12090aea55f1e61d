"""h2load of nghttp2, speaking HTTP/1.1, as its own text says it: https://nghttp2.org.

It does not open a connection again that the server has closed without a word: it goes on with the
others, and says nothing of it.
"""

import re
from typing import Final

from bench.proof.calibration.client import PATTERN, ClientReport, Fault, found_ns

NAME: Final = "h2load"
_RATE: Final = re.compile(r"^finished in \S+, ([\d.]+) req/s", re.MULTILINE)
_REQUESTS: Final = re.compile(
    r"^requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", re.MULTILINE
)
_STATUSES: Final = re.compile(r"^status codes: (.*)", re.MULTILINE)
_MEAN: Final = rf"^time for request:\s+\S+\s+\S+\s+{PATTERN}"  # least, most, mean


def arguments(url: str, connections: int, seconds: int) -> list[str]:
    """One thread, HTTP/1.1, for a time rather than a number of requests."""
    return ["--h1", "-t1", f"-c{connections}", "-D", str(seconds), url]


def read(output: str) -> ClientReport | Fault:
    """Figures; it reports the mean alone of the latencies, and knows status codes only."""
    rate, requests = _RATE.search(output), _REQUESTS.search(output)
    if rate is None or requests is None:
        return Fault(f"it printed no rate, but {output[-200:]!r}")
    right, *wrong = (int(count) for count in requests.groups())
    if any(wrong) or not right:
        return Fault(_wrong(wrong, output) if any(wrong) else "no answer at all")
    return ClientReport(requests=right, throughput=float(rate[1]), mean_ns=found_ns(_MEAN, output))


def _wrong(counts: list[int], output: str) -> str:
    failed, errored, late = counts
    statuses = _STATUSES.search(output)
    said = f" (status codes: {statuses[1]})" if statuses else ""
    return f"{failed} requests failed, of them {errored} without an answer, {late} too late{said}"
