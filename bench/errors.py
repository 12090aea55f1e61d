"""What the harness itself refuses or cannot do; the servers' own errors are in `servers.errors`."""

from pathlib import Path


class UsageError(Exception):
    """The user asked for what cannot be: says what was asked, what was found and what to do."""


class HarnessError(Exception):
    """The machine or a helper program kept the harness from doing its work."""


class RunFailedError(HarnessError):
    """The same after a run had begun: what there is of it is kept."""

    def __init__(self, why: str, folder: Path) -> None:
        super().__init__(f"{why}; the run's folder is {folder}")
        self.folder = folder


class AskedError(HarnessError):
    """A workload asks the server before it says what is to be sent, and had no answer."""
