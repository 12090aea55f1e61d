"""How much of one answer is read at the most, and what is raised where it is none."""

from typing import Final

MAX_HEAD: Final = 64 * 1024
MAX_BODY: Final = 64 * 1024 * 1024
MAX_INTERIM: Final = 4 * MAX_HEAD  # bytes of interim responses (1xx) before one answer


class MalformedResponseError(Exception):
    """What was received is not what the protocol says, or more than one answer to one request."""
