"""Values that say when: an answer that has one is another the next time, if that is late enough."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_DAY_S: Final = 86_400.0
_TIME_S: Final = 600.0  # how near a time of day is to now that may be one
_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:$|[T _])")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?")
_NUMBER: Final = re.compile(r"\d{10,19}(?:\.\d+)?")
_SCALES: Final = (1, 10**3, 10**6, 10**9)  # seconds to nanoseconds
_LONGEST: Final = 64


def tells_time(now_s: float) -> Callable[[str], bool]:
    """Whether a value is a date or a time about now; `now_s`: since 1970."""
    now = datetime.fromtimestamp(now_s, UTC)
    days = {(now + timedelta(days=n)).strftime("%Y%m%d") for n in (-1, 0, 1)}

    def tells(text: str) -> bool:
        text = text.strip("\"' ")
        if not 5 <= len(text) <= _LONGEST or not any(map(str.isdigit, text)):  # noqa: PLR2004
            return False
        if _NUMBER.fullmatch(text):
            return any(abs(float(text) / scale - now_s) < _DAY_S for scale in _SCALES)
        if found := _DATE.match(text):
            return "".join(found.groups()) in days
        if found := _TIME.fullmatch(text):
            return _near(now, int(found[1]), int(found[2]))
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            return parsedate_to_datetime(text).strftime("%Y%m%d") in days
        return False

    return tells


def _near(now: datetime, hour: int, minute: int) -> bool:
    """Whether a time of day is about now, in any zone of whole quarters of an hour."""
    apart_s = ((hour * 60 + minute) - (now.hour * 60 + now.minute)) * 60 % 900
    return min(apart_s, 900 - apart_s) <= min(_TIME_S, 120.0)
