"""Times as logs write them, converted to nanoseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final

from bench.stats.units import NS_PER_S

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_OF_COMMON: Final = re.compile(
    r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})",
    re.ASCII,
)
_ISO: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?\s?(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"\d{9,19}(?:\.\d{1,12})?", re.ASCII)
_EARLIEST_S: Final = 86_400 * 365  # 1971: what is below is no time, or a clock that was never set
_LATEST_S: Final = 86_400 * 366 * 230  # 2200, below what 63 bits of nanoseconds hold
_SCALES: Final = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
"""Below which numbers are seconds, milliseconds, microseconds, nanoseconds."""


def common_ns(text: str) -> int:
    """Read 29/Nov/2026:18:51:25 +0100, of the common format. Raises ValueError."""
    seconds, point, rest = text.partition(".")
    if not point:
        return _whole_common_ns(text)
    digits, space, zone = rest.partition(" ")
    if not digits.isdecimal() or len(digits) > 9:  # noqa: PLR2004 - nanoseconds
        raise ValueError(f"{text!r:.40} is no time")
    return _whole_common_ns(seconds + space + zone) + _fraction_ns(digits)


def time_ns(value: object) -> int:
    """Read a time of JSON: ISO 8601, that of the common format, or a number. Raises ValueError."""
    if isinstance(value, str):
        text = value.strip("[] ")
        if found := _ISO.fullmatch(text):
            return _whole_iso_ns(found[1], found[3] or "Z") + _fraction_ns(found[2])
        if not _NUMBER.fullmatch(text):
            return common_ns(text)
        value = Decimal(text)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{str(value)!r:.40} is no time")  # noqa: TRY004 - as all else
    return _number_ns(value)


def duration_ns(value: object) -> int:
    """Read a number of seconds, as a number or text; 0 if it is neither."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,7}(\.\d{1,12})?", value, re.ASCII):
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return 0
    return int(value * NS_PER_S) if 0 <= value < _EARLIEST_S else 0


def shown_time(at_ns: int) -> str:
    """A time as reports have it: in UTC, with milliseconds where it is not a whole second."""
    seconds, rest = divmod(at_ns, NS_PER_S)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{rest // 10**6:03}" if rest else text


def _number_ns(value: int | Decimal) -> int:
    for below, scale in _SCALES:
        if 0 <= value < below:
            return _checked(int(value * (NS_PER_S // scale)))
    raise ValueError("a number is no time")


@lru_cache(maxsize=1024)
def _whole_common_ns(text: str) -> int:
    found = _OF_COMMON.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise ValueError(f"{text!r:.40} is no time")
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    ahead = timedelta(hours=int(found[8]), minutes=int(found[9]))
    zone = timezone(ahead if found[7] == "+" else -ahead)
    return _of_datetime(datetime(year, _MONTHS[found[2]], day, hour, minute, second, tzinfo=zone))


@lru_cache(maxsize=1024)
def _whole_iso_ns(text: str, zone: str) -> int:
    return _of_datetime(datetime.fromisoformat(text + zone))


def _of_datetime(at: datetime) -> int:
    return _checked(round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * NS_PER_S)


def _checked(at_ns: int) -> int:
    if not _EARLIEST_S * NS_PER_S <= at_ns < _LATEST_S * NS_PER_S:
        raise ValueError("a time is before 1971 or after 2199")
    return at_ns


def _fraction_ns(digits: str | None) -> int:
    return int(digits.ljust(9, "0")) if digits else 0
