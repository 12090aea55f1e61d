"""wrk 4, as its own text says it: https://github.com/wg/wrk."""

import re
from typing import Final

from bench.proof.calibration.client import PATTERN, ClientReport, Fault, found_ns

NAME: Final = "wrk"
_REQUESTS: Final = re.compile(r"^\s*(\d+) requests in ", re.MULTILINE)
_RATE: Final = re.compile(r"^Requests/sec:\s*([\d.]+)", re.MULTILINE)
_MEAN: Final = rf"^\s*Latency\s+{PATTERN}"
_PERCENTILE: Final = rf"^\s*{{percent}}%\s+{PATTERN}"
_SOCKETS: Final = re.compile(
    r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)"
)
_STATUSES: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_MEANINGS: Final = (
    "{} connections could not be opened",
    "{} connections were closed by the server without notice, and the requests on them are lost",
    "{} requests could not be written",
    "{} times an answer took longer than its 2 s",
)


def arguments(url: str, connections: int, seconds: int) -> list[str]:
    """One thread; it prints percentiles only when asked to."""
    return ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]


def read(output: str) -> ClientReport | Fault:
    """Figures; what it counts as a fault, in words; it says nothing of bodies."""
    requests, rate = _REQUESTS.search(output), _RATE.search(output)
    if requests is None or rate is None:
        return Fault(f"it printed no rate, but {output[-200:]!r}")
    faults = _faults(output)
    if faults or not int(requests[1]):
        return Fault("; ".join(faults) or "no answer at all")
    return ClientReport(
        requests=int(requests[1]),
        throughput=float(rate[1]),
        mean_ns=found_ns(_MEAN, output),
        p50_ns=found_ns(_PERCENTILE.format(percent=50), output),
        p99_ns=found_ns(_PERCENTILE.format(percent=99), output),
    )


def _faults(output: str) -> list[str]:
    sockets, statuses = _SOCKETS.search(output), _STATUSES.search(output)
    found = []
    if sockets is not None:
        counts = zip(_MEANINGS, sockets.groups(), strict=True)
        found += [meaning.format(count) for meaning, count in counts if int(count)]
    if statuses is not None:
        found.append(f"{statuses[1]} answers had a status that is neither 2xx nor 3xx")
    return found
