"""What is told of a run while it goes on: to people on a terminal or elsewhere, and to programs.

Nothing here draws by itself: a display changes between two slices, so that it costs none of them.
"""

from bench.progress.ending import End, Ending
from bench.progress.events import Events
from bench.progress.teller import Teller, teller
from bench.progress.words import Course, RoundWords

__all__ = ["Course", "End", "Ending", "Events", "RoundWords", "Teller", "teller"]
