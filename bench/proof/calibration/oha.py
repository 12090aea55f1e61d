"""oha 1, as its JSON says it: https://github.com/hatoo/oha, schema.json."""

import json
from typing import Any, Final

from bench.proof.calibration.client import ClientReport, Fault
from bench.stats.units import NS_PER_S

NAME: Final = "oha"
_CUT_OFF: Final = "aborted due to deadline"  # in flight when the time was over: its own doing


def arguments(url: str, connections: int, seconds: int) -> list[str]:
    """It takes as many threads as it may use cores, which is one."""
    return ["--no-tui", "--output-format", "json", "-z", f"{seconds}s", "-c", str(connections), url]


def read(output: str) -> ClientReport | Fault:
    """Figures; it knows status codes only.

    Its own `requestsPerSec` counts failures too, so the rate is reckoned from its counts.
    """
    try:
        return _read(json.loads(output))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        return Fault(f"it printed no known JSON ({what}), but {output[-200:]!r}")


def _read(said: dict[str, Any]) -> ClientReport | Fault:
    statuses = {int(status): int(count) for status, count in said["statusCodeDistribution"].items()}
    right = sum(count for status, count in statuses.items() if status in range(200, 300))
    faults = [
        f"{n} times {what}" for what, n in said["errorDistribution"].items() if what != _CUT_OFF
    ]
    if right != sum(statuses.values()):
        faults.append(f"status codes {statuses}")
    if faults or not right:
        return Fault("; ".join(faults) or "no answer at all")
    latencies = said["latencyPercentiles"]
    return ClientReport(
        requests=right,
        throughput=right / said["summary"]["total"],
        mean_ns=_ns(said["summary"]["average"]),
        p50_ns=_ns(latencies.get("p50")),
        p99_ns=_ns(latencies.get("p99")),
    )


def _ns(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * NS_PER_S
