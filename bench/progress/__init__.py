"""What is told of a run while it goes on: to people on a terminal or elsewhere, and to programs.

Nothing here draws by itself: a display changes between two slices, so that it costs none of them.
"""

from bench.progress.ending import RunEnd, RunOutcome
from bench.progress.events import Events
from bench.progress.listener import ProgressListener, progress_listener
from bench.progress.words import RoundWords, RunOutline

__all__ = [
    "Events",
    "ProgressListener",
    "RoundWords",
    "RunEnd",
    "RunOutcome",
    "RunOutline",
    "progress_listener",
]
