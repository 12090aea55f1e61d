"""Which workloads send an access log as it was logged, and what of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from bench.errors import UsageError
from bench.facts.settings import ReplayRecord, RunSettings
from bench.formatting import number, plural
from bench.messages import replayed_part
from bench.plan import schedule
from bench.run.request.options import MOST_RATE, Options
from bench.stats.units import NS_PER_S
from bench.workloads.loading import Source
from bench.workloads.requests.access_log.log import AccessLog
from bench.workloads.requests.access_log.replay import Stretch, busiest, fast_enough
from bench.workloads.requests.access_log.replay import replay as replay_of
from bench.workloads.requests.request_set import RequestSet


@dataclass(frozen=True, slots=True)
class Replays:
    """Workloads by label, those of logs without the logs; and what of these is replayed."""

    sources: Mapping[str, Source]
    records: Mapping[str, ReplayRecord]


def with_replays(
    options: Options, sources: Mapping[str, Source], settings: RunSettings, servers: int
) -> Replays:
    """Choose the part of each log that is sent as it was logged, where logs are replayed.

    A log that has too little in so short a time is sent by how often its requests came, unless a
    speed was asked for. Raises UsageError.
    """
    window_s = schedule.replayed_s(
        settings.timing, settings.rounds, servers, len(sources), alone=settings.alone
    )
    least = ceil(schedule.REQUESTS_DUE / settings.rounds)
    found: dict[str, Source] = {}
    for label, source in sources.items():
        if not isinstance(source, RequestSet) or source.log is None:
            found[label] = source
        elif not options.replays:
            found[label] = replace(source, log=None)
        else:
            found[label] = _replayed(options, source, source.log, window_s, least)
    records = {
        label: each.replay.record
        for label, each in found.items()
        if isinstance(each, RequestSet) and each.replay is not None
    }
    return Replays(found, records)


def _replayed(
    options: Options, source: RequestSet, log: AccessLog, window_s: float, least: int
) -> RequestSet:
    """The same requests at the times of a log; without any, where it has too little."""
    speed = options.replay_speed or 1.0
    times = np.sort(np.frombuffer(log.times, np.int64))
    shortest_s = schedule.SHORTEST_EXPOSURE_S
    part = busiest(times, window_s, shortest_s, speed) if log.times else None
    if part is None or part.requests < least:
        why = "its lines have no times"
        if part is not None:
            enough = fast_enough(times, window_s, shortest_s, least, speed)
            why = _too_little(part, speed, least, enough)
        return _by_frequency(options, source, log, why)
    made = replay_of(log, times, part, speed, options.seed)
    if made.record.rate > MOST_RATE:
        raise UsageError(
            f"--replay-speed {speed:g} would offer {made.record.rate:,.0f} requests a second: at "
            f"most {MOST_RATE:,.0f} can be"
        )
    note = f"{log.source}: {replayed_part(made.record)}"
    notes = (source.notes[0], note)  # no sample is drawn
    return replace(source, requests=made.requests, notes=notes, log=None, replay=made)


def _by_frequency(options: Options, source: RequestSet, log: AccessLog, why: str) -> RequestSet:
    """The same without any times. Raises UsageError where a replay was asked for."""
    if options.replay_speed is not None:
        raise UsageError(
            f"{log.source} cannot be replayed at speed {options.replay_speed:g}: {why}"
        )
    note = f"{log.source}: not replayed, but sent by how often its requests came: {why}"
    return replace(source, log=None, notes=(*source.notes, note))


def _too_little(part: Stretch, speed: float, least: int, enough: float | None) -> str:
    """Say that a part has too few requests; `enough`: a speed at which there are enough."""
    lasting_s = (part.end_ns - part.start_ns) / NS_PER_S / speed
    advice = "" if enough is None else f"; --replay-speed {enough:g} has enough"
    return (
        f"its busiest {number(lasting_s)} s have {plural(part.requests, 'request')}, and "
        f"{least} are needed{advice}"
    )
