"""What the user asked for, before it is looked at closely; and the checks that need no server."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.facts.settings import GivenSettings
from bench.progress.style import ProgressStyle
from bench.run.own_app.options import AppOptions
from bench.stats.units import NS_PER_S, duration_ns
from bench.workloads.requests.options import RequestOptions

NO_SUITE: Final = "none"
"""What --tests is given where no suite is to gate."""

MOST_RATE: Final = 200_000.0
"""Requests a second; no generator of this kind sends more from one core."""

MOST_SECONDS: Final = 24 * 3600
"""Longer budgets are slips of the hand."""

FINEST: Final = 0.001
COARSEST: Final = 0.5
"""Precisions: what no machine shows in a day, and what any single slice shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(GivenSettings, AppOptions, RequestOptions):
    """The options of `run`, as given; None where a default is still to be found.

    replays: access logs are sent as they were logged, replay_speed times as fast; None: as fast,
    where they have enough for that.

    A command without an option of `run` has the default of its field.
    """

    servers: str | None = None
    profiles: tuple[Path, ...] = ()
    tests: str | None = NO_SUITE
    workloads: tuple[str, ...]
    names: tuple[str, ...] = ()
    replays: bool = False
    replay_speed: float | None = None
    selftest: bool = True
    against_itself: bool = False
    baseline: str | None = None
    ca: Path | None = None
    stage_s: float
    budget_s: float
    resume: Path | None = None
    out: Path | None = None
    command: tuple[str, ...]
    progress_style: ProgressStyle = ProgressStyle.SHOWN


def duration_s(text: str) -> float:
    """Read "90s", "5m" or "1h" as seconds; from 1 to MOST_SECONDS. Raises ValueError."""
    found_ns = duration_ns(text)
    if found_ns is None:
        raise ValueError(f"'{text}' is not a duration: write it like 90s, 5m or 1h")
    seconds = found_ns / NS_PER_S
    if not 1 <= seconds <= MOST_SECONDS:
        raise ValueError(f"'{text}' is out of range: give 1s to {MOST_SECONDS // 3600}h")
    return seconds


def precision(text: str) -> float:
    """Read "2%" or "0.5 %" as a share; from 0.1 % to 50 %. Raises ValueError."""
    number, percent, rest = text.strip().partition("%")
    try:
        wanted = float(number) / 100
    except ValueError:
        wanted = math.nan
    if not percent or rest or math.isnan(wanted):
        raise ValueError(f"'{text}' is not a precision: write it like 2% or 0.5%")
    if not FINEST <= wanted <= COARSEST:
        raise ValueError(f"'{text}' is out of range: give {FINEST:.1%} to {COARSEST:.0%}")
    return wanted


def rate(text: str) -> float | None:
    """Read a rate in requests a second; "auto" is None. Raises ValueError."""
    if text == "auto":
        return None
    try:
        wanted = float(text)
    except ValueError:
        raise ValueError(
            f"'{text}' is not a rate: give requests per second, like 2000, or auto"
        ) from None
    if not math.isfinite(wanted) or not 1 <= wanted <= MOST_RATE:
        raise ValueError(
            f"{text} requests per second cannot be offered: give 1 to {MOST_RATE:,.0f}, or auto"
        )
    return wanted
