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
_SHORTEST: Final = 5  # characters of what says when
_LONGEST: Final = 64
_AGO: Final = re.compile(r"\b(?:ago|just now)\b")
_REST: Final = re.compile(r"\d{4}-?\d{2}-?\d{2}[T _](.*)")
_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_MEASURED: Final = frozenset({"elapsed", "took", "latency", "uptime", "rss"})
_TIMED: Final = frozenset(
    {"response", "process", "processing", "query", "execution", "request", "server", "render", "db"}
)
_TIME_WORDS: Final = frozenset({"time", "duration", "ms", "us", "ns", "seconds", "secs"})


def is_measured(name: str) -> bool:
    """Whether a field of this name has what an app measures of itself: elapsed_ms, queryTime.

    It is often 0 where nothing else is asked, and is not under load.
    """
    words = {word.lower() for word in _WORDS.findall(name)}
    return bool(words & _MEASURED) or (bool(words & _TIMED) and bool(words & _TIME_WORDS))


def tells_time(now_s: float) -> Callable[[str], bool]:
    """Whether a value is a date or a time about now; `now_s`: since 1970."""
    now = datetime.fromtimestamp(now_s, UTC)
    days = {(now + timedelta(days=n)).strftime("%Y%m%d") for n in (-1, 0, 1)}

    def tells(text: str) -> bool:
        text = text.strip("\"' ")
        if len(text) > _LONGEST:
            return False
        return _AGO.search(text) is not None or (
            len(text) >= _SHORTEST and any(map(str.isdigit, text)) and says_when(text)
        )

    def says_when(text: str) -> bool:
        if _NUMBER.fullmatch(text):
            return any(abs(float(text) / scale - now_s) < _DAY_S for scale in _SCALES)
        if found := _DATE.match(text):
            return "".join(found.groups()) in days or _is_same_time(text, now)
        if found := _TIME.fullmatch(text):
            return _near(now, int(found[1]), int(found[2]))
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            return parsedate_to_datetime(text).strftime("%Y%m%d") in days
        return False

    return tells


def _is_same_time(text: str, now: datetime) -> bool:
    """Whether a time of another day is that of now, in UTC or here: in 30 days, to the minute."""
    rest = _REST.match(text)
    found = _TIME.fullmatch(rest[1]) if rest else None
    if found is None:
        return False
    minute = int(found[1]) * 60 + int(found[2])
    return any(
        abs(minute - (here.hour * 60 + here.minute)) <= 1 for here in (now, now.astimezone())
    )


def _near(now: datetime, hour: int, minute: int) -> bool:
    """Whether a time of day is about now, in any zone of whole quarters of an hour."""
    apart_s = ((hour * 60 + minute) - (now.hour * 60 + now.minute)) * 60 % 900
    return min(apart_s, 900 - apart_s) <= min(_TIME_S, 120.0)
