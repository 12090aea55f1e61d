"""What the harness itself refuses or cannot do; the servers' own errors are in `servers.errors`."""


class UsageError(Exception):
    """The user asked for what cannot be: says what was asked, what was found and what to do."""


class HarnessError(Exception):
    """The machine or a helper program kept the harness from doing its work."""
