"""How a run's progress is shown."""

from enum import StrEnum


class ProgressStyle(StrEnum):
    """What is written to standard error while a run goes on.

    SHOWN: what goes on, on a terminal by a live display. QUIET: only problems. EVENTS: one JSON
    object a line, for programs.
    """

    SHOWN = "shown"
    QUIET = "quiet"
    EVENTS = "events"
