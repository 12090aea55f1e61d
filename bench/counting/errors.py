"""What keeps the instructions of one server from being counted: the others go on."""


class CountingError(Exception):
    """Why this server cannot be counted, in one line."""


class CounterError(CountingError):
    """The same, where the server did nothing wrong: the counter cannot tell."""
