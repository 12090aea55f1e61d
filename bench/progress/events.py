"""One JSON object a line, for programs: what happened, when, and the figures of each slice."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from bench.analysis.slice_figures import cpu, median, throughput
from bench.facts.slice import Slice
from bench.formatting import rounded
from bench.progress.ending import RunEnd
from bench.system import clock


class Events:
    """Each event has its `time`, ISO 8601 with zone, and its `kind`; what is absent is null."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def phase(self, what: str) -> None:
        """Write a `phase`."""
        self._write("phase", what=what)

    def note(self, what: str) -> None:
        """Write a `note`."""
        self._write("note", what=what)

    def launching(self, profile: str, round_: int) -> None:
        """Write a `launching`."""
        self._write("launching", profile=profile, round=round_)

    def waiting(self, profile: str, what: str) -> None:
        """Write a `waiting`."""
        self._write("waiting", profile=profile, what=what)

    def measured(self, done: Slice) -> None:
        """Write a `measured`: where the slice stands, its figures, and its verdict."""
        load = done.cell.load
        self._write(
            "measured",
            profile=done.cell.profile,
            workload=done.cell.workload,
            mode=load.mode,
            offered_rate=rounded(load.offered_rate),
            connections=load.connections,
            round=done.round,
            rotation=done.rotation,
            role=done.role,
            ended_s=rounded(done.ended_s),
            throughput_rps=rounded(throughput(done)),
            p50_ms=rounded(median(done)),
            cpu_us_per_request=rounded(cpu(done)),
            verdict=done.verdict,
            doubts=[doubt.kind for doubt in done.doubts],
        )

    def between(self) -> None:
        """All is written already."""

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """Write a `known`; a precision that is not finite is null."""
        shares = {name: rounded(width) for name, width in precision.items()}
        self._write("known", round=round_, precision=shares, left_s=rounded(left_s))

    def server_failed(self, profile: str, message: str) -> None:
        """Write a `troubled`."""
        self._write("troubled", profile=profile, trouble=message)

    def ended(self, ending: RunEnd) -> None:
        """Write an `ended`, the last of all."""
        self._write(
            "ended",
            how=ending.how,
            exit_code=ending.exit_code,
            folder=None if ending.folder is None else str(ending.folder),
            slices=ending.slices,
            can_go_on=ending.can_go_on,
            error=ending.error,
        )

    def _write(self, kind: str, **fields: object) -> None:
        event = {"time": clock.wall_iso(), "kind": kind, **fields}
        line = json.dumps(event, separators=(",", ":"), allow_nan=False)
        with suppress(BrokenPipeError):  # who listened has gone: no reason to lose the run
            self._stream.write(line + "\n")
            self._stream.flush()
