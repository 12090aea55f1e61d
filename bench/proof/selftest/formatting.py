"""Figures as the self-test prints them."""

from collections.abc import Iterable

_US_NS = 1e3
_MS_NS = 1e6


def us(*durations_ns: float) -> str:
    """Durations in whole microseconds."""
    return f"{_list(f'{ns / _US_NS:,.0f}' for ns in durations_ns)} us"


def signed_us(*durations_ns: float) -> str:
    """Differences in whole microseconds."""
    return f"{_list(f'{ns / _US_NS:+,.0f}' for ns in durations_ns)} us"


def ms(*durations_ns: float, digits: int = 2) -> str:
    """Durations in milliseconds."""
    return f"{_list(f'{ns / _MS_NS:.{digits}f}' for ns in durations_ns)} ms"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)
