"""Numbers and names as a reader meets them: the one place where figures become text."""

import re
from collections.abc import Iterable, Sequence
from math import ceil, floor, isfinite, log10
from typing import Final

from bench.facts.load import Arrivals, Load, Mode, Sent
from bench.stats.estimate import Estimate

KNOWN_TO: Final = 10.0
"""Between the bounds of an interval. Where they are further apart, not even the first digit of the
figure means anything, and digits would only look as if they did."""
_FACTOR: Final = "a factor of "
_TEN: Final = f"{_FACTOR}ten"
VAGUE: Final = f"not known to within {_TEN}"

_ARRIVALS: Final = {
    Arrivals.POISSON: "poisson",
    Arrivals.CONSTANT: "constant",
    Arrivals.LOG: "that of an access log",
}
_REQUEST: Final = re.compile(r"\b[Rr]equest(?=s?\b)")
DIGITS = 3  # significant, in everything that people read
DASH = "\N{EN DASH}"


def decimals(value: float) -> int:
    """Places after the point that show three significant digits; below 0 for hundreds and up."""
    if value == 0 or not isfinite(value):
        return DIGITS - 1
    places = DIGITS - 1 - floor(log10(abs(value)))
    # 9.996 becomes 10.0, which needs a place fewer
    return places - 1 if abs(round(value, places)) >= 10.0 ** (DIGITS - places) else places


def number(value: float, places: int | None = None) -> str:
    """Write a figure with three significant digits, or with the places given; no exponent."""
    if not isfinite(value):
        return "∞" if value > 0 else "-∞"
    places = decimals(value) if places is None else places
    return f"{round(value, places):,.{max(0, places)}f}"


def exact_ms(error_ns: float) -> str:
    """Write what times are exact to, in ms: two significant digits, rounded up."""
    if error_ns <= 0:
        return "0"
    places = 1 - floor(log10(error_ns / 1e6))
    digits = ceil(round(error_ns / 1e6 * 10**places, 6))  # 10 to 100, which needs a place fewer
    shown = max(0, places - (digits == 100))  # noqa: PLR2004
    return f"{digits / 10**places:,.{shown}f}"


def interval(estimate: Estimate, to: str = DASH) -> str:
    """Write the bounds with the places of the value: "0.405 to 0.420"; empty without an interval.

    `to` stands between them; a dash unless told otherwise.
    """
    if estimate.lo is None or estimate.hi is None:
        return ""
    places = decimals(estimate.value)
    return f"{number(estimate.lo, places)}{to}{number(estimate.hi, places)}"


def vague(estimate: Estimate) -> bool:
    """Whether an interval is so wide that its figure says nothing; around 0 alone it is not."""
    lo, hi = estimate.lo, estimate.hi
    return lo is not None and hi is not None and hi > max(0.0, KNOWN_TO * lo)


def figure(estimate: Estimate | None, *, absent: str = "", to: str = DASH) -> str:
    """Write a figure with its interval in brackets, or what is missing of either."""
    if estimate is None:
        return absent
    if vague(estimate):
        return VAGUE
    return f"{number(estimate.value)} ({interval(estimate, to) or 'no interval'})"


def spoken(estimate: Estimate) -> str:
    """Write a ratio for a sentence: "2.31 (2.25 to 2.40)", "at least 2.25", "at most 0.4".

    Of a vague one the bound that is nearer to 1, and only if it shows a difference: any other is
    far from what was measured.
    """
    if vague(estimate) and estimate.lo is not None and estimate.hi is not None:
        if estimate.lo > 1:
            return f"at least {number(estimate.lo)}"
        if estimate.hi < 1:
            return f"at most {number(estimate.hi)}"
    return figure(estimate, to=" to ")


def share(value: float) -> str:
    """Write a relative difference: 0.0312 is "3.1%", 4 is "a factor of 5.0"."""
    if not isfinite(value):
        return "any factor"
    if _is_vast(value):
        return f"{_TEN} or more"
    return f"{_FACTOR}{value + 1:,.2g}" if value >= 1 else f"{value:.1%}"


def known_to(width: float) -> str:
    """Say how well a ratio is known, by the half-width of its interval: "known to within 3%"."""
    return VAGUE if _is_vast(width) else f"known to within {share(width)}"


def showable(smallest: float) -> str:
    """Say which differences could have been shown, by the smallest of them, a share."""
    if not isfinite(smallest):
        return "no difference could have been shown"
    size = _TEN if _is_vast(smallest) else share(smallest)
    return f"only differences of more than {size} could have been shown"


def shares(low: float, high: float, to: str = DASH) -> str:
    """Write a range of relative differences: "3.1 to 4.0%", "81.2% to a factor of 2.5"."""
    first, last = share(min(low, KNOWN_TO)), share(min(high, KNOWN_TO))
    if first == last:
        return first
    if last.endswith("%"):
        return f"{first.removesuffix('%')}{to}{last}"
    if first.startswith(_FACTOR):
        last = last.removeprefix(_FACTOR)
    return f"{first} to {last}"


def _is_vast(difference: float) -> bool:
    """Whether a relative difference is a factor that is not written as a number."""
    return difference + 1 >= KNOWN_TO


def listing(names: Sequence[str]) -> str:
    """Join names: "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(count: int, noun: str) -> str:
    """Count things: "1 round", "5 rounds", "12,000 requests"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def worded(text: str, sent: Sent) -> str:
    """A text that says request, or requests, with the word for what was sent in its place."""
    if sent is Sent.REQUEST:
        return text
    return _REQUEST.sub(lambda found: _as_written(found[0], str(sent)), text)


def common(sent: Iterable[Sent]) -> Sent:
    """What a text calls all that was sent in several places: requests, where it differs."""
    found = {*sent}
    return found.pop() if len(found) == 1 else Sent.REQUEST


def _as_written(word: str, noun: str) -> str:
    return noun.capitalize() if word[0].isupper() else noun


def load_in_words(load: Load, think_s: float | None = None) -> str:
    """Say how hard the servers were driven: "2,400 requests/s" or "32 connections".

    `think_s`: for how long connections wait after an answer, if any.
    """
    if think_s:
        return f"{load_in_words(load)}, think time {_duration(think_s)}"
    if load.mode is Mode.CLOSED:
        return plural(load.connections, "connection")
    rate = load.offered_rate
    if rate is None:
        return "an unknown rate"
    if load.arrivals is Arrivals.LOG:
        return f"{number(rate)} {load.sent}s/s on average, as logged"
    return f"{rate:,.0f} {load.sent}s/s" if rate >= 100 else f"{number(rate)} {load.sent}s/s"  # noqa: PLR2004


def loop_in_words(load: Load, think_s: float | None = None, *, renewed: bool = False) -> str:
    """Say what decides when a request is sent.

    `think_s`: for how long connections wait, if any. `renewed`: each has a connection of its own.
    """
    think = f"{_duration(think_s)} of think time on average" if think_s else ""
    if load.mode is Mode.CLOSED:
        then = f", plus {think}" if think else ""
        if renewed:
            return (
                "closed loop: each connection carries one request, and another is opened when the "
                "response has arrived"
            )
        return (
            f"closed loop: each connection sends its next {load.sent} when the response has "
            f"arrived{then}"
        )
    arrivals = f" ({_ARRIVALS[load.arrivals]})" if load.arrivals else ""
    then = f", over connections that have waited {think} since their last response" if think else ""
    return f"open loop: {load.sent}s are sent on schedule{arrivals}{then}"


def _duration(seconds: float) -> str:
    return f"{number(seconds)} s" if seconds >= 1 else f"{number(seconds * 1000)} ms"


def clean(text: str) -> str:
    """Make text from outside safe to show: no control or direction characters but line ends."""
    return "".join(c if c == "\n" or c.isprintable() else " " for c in text)


def rounded(value: float | None) -> float | None:
    """Round for a file that programs read: six significant digits, which no noise reaches.

    None and what is not finite become None.
    """
    if value is None or not isfinite(value):
        return None
    return float(f"{value:.6g}")
