"""What the program ends with, in one place."""

from typing import Final

MEASURED: Final = 0
"""It did what was asked, and nothing that it looked for has failed."""
FAILED: Final = 1
"""A server failed its gate, did not start, or died; or what was to be proved does not hold."""
USAGE: Final = 2
"""What was asked for cannot be."""
HARNESS: Final = 3
"""The harness could not do its work, or no server has a figure."""
INTERRUPTED: Final = 130
"""By Ctrl-C or SIGTERM."""
