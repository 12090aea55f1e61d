"""What a server has announced in its SETTINGS."""

from bench.load.http2.frames import (
    FIRST_WINDOW,
    LEAST_MAX_FRAME,
    MAX_WINDOW,
    MOST_MAX_FRAME,
    Setting,
    settings_in,
)
from bench.load.net.limits import MalformedResponseError

_FIRST_TABLE = 4096  # bytes, of the table for headers that a peer has at first
_SETTING_BYTES = 6


class PeerSettings:
    """Limits for what is sent. `max_streams`: at a time; None: there is no limit."""

    __slots__ = ("_table", "first_window", "max_frame", "max_streams")

    def __init__(self) -> None:
        """Those that hold before it has said anything."""
        self.first_window = FIRST_WINDOW
        self.max_frame = LEAST_MAX_FRAME
        self.max_streams: int | None = None
        self._table = _FIRST_TABLE

    def take(self, payload: bytes) -> bool:
        """Take what was announced; whether it has less room for a table now than it had.

        Raises MalformedResponseError.
        """
        if len(payload) % _SETTING_BYTES:
            raise MalformedResponseError(f"SETTINGS of {len(payload)} bytes")
        table = self._table
        for name, value in settings_in(payload):
            self._set(name, value)
        return self._table < table

    def _set(self, name: int, value: int) -> None:
        match name:
            case Setting.HEADER_TABLE_SIZE:
                self._table = value
            case Setting.ENABLE_PUSH if value:
                raise MalformedResponseError(f"SETTINGS that allow a server's pushes: {value}")
            case Setting.MAX_CONCURRENT_STREAMS:
                self.max_streams = value
            case Setting.INITIAL_WINDOW_SIZE:
                if value > MAX_WINDOW:
                    raise MalformedResponseError(f"SETTINGS with a window of {value} bytes")
                self.first_window = value
            case Setting.MAX_FRAME_SIZE:
                if not LEAST_MAX_FRAME <= value <= MOST_MAX_FRAME:
                    raise MalformedResponseError(f"SETTINGS with frames of {value} bytes")
                self.max_frame = value
            case _:
                pass  # what is not known is passed over
