"""How much the unfinished bodies of all connections may hold together, in this process."""

from typing import Final, NoReturn

from bench.load.net.limits import MalformedResponseError

MAX_HELD: Final = 512 * 1024 * 1024


class BodyMemory:
    """So many bytes, less those that are taken."""

    __slots__ = ("_size", "left")

    def __init__(self, size: int = MAX_HELD) -> None:
        """Nothing of it is taken yet."""
        self._size = self.left = size

    def refuse(self) -> NoReturn:
        """Say that more is taken than there is. Raises MalformedResponseError."""
        raise MalformedResponseError(
            f"unfinished bodies of more than {self._size} bytes on all connections together: "
            "ask for smaller answers, or pass fewer --connections"
        )


ROOM: Final = BodyMemory()
"""That of every body that this process receives."""


class Share:
    """What one body takes of the room; it is given back when the share is forgotten."""

    __slots__ = ("_room", "taken")

    def __init__(self, room: BodyMemory = ROOM) -> None:
        """Take nothing yet."""
        self._room = room
        self.taken = 0

    def take(self, size: int) -> None:
        """Take so many bytes more. Raises MalformedResponseError where there is no room."""
        self.taken += size
        room = self._room
        room.left -= size
        if room.left < 0:
            room.refuse()

    def __del__(self) -> None:
        """Give it all back, however the body ended."""
        self._room.left += self.taken
