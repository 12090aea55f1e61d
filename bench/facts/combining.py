"""How what several observations say of one thing is put together, a rule a way.

A rule takes what each of them says and how long each of their windows is. In sequence: of one
target, piece after piece. In parallel: by several generators at once, each with a part of the load.
What one of them does not know the whole does not know, unless a rule says otherwise.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass
from itertools import chain
from statistics import median_low
from typing import Any, Final, TypeAlias

from bench.stats.histogram import Histogram

Rule: TypeAlias = Callable[[Sequence[Any], Sequence[int]], Any]
_KEY: Final = "combination"
ERRORS_KEPT: Final = 5
"""In words, of all that are put together."""


@dataclass(frozen=True, slots=True)
class Combination:
    """How one field is put together."""

    sequence: Rule
    parallel: Rule


def combined(sequence: Rule, parallel: Rule | None = None) -> dict[str, Combination]:
    """Metadata of a field; in parallel as in sequence where nothing else is said."""
    return {_KEY: Combination(sequence, parallel or sequence)}


def combination(field: Field[Any]) -> Combination:
    """How a field is put together. Raises KeyError where it does not say."""
    found: Combination = field.metadata[_KEY]
    return found


def first(values: Sequence[Any], _windows: Sequence[int]) -> Any:
    """That of the first."""
    return values[0]


def last(values: Sequence[Any], _windows: Sequence[int]) -> Any:
    """That of the last, who has counted on from those before."""
    return values[-1]


def least(values: Sequence[Any], _windows: Sequence[int]) -> Any:
    """The least of all."""
    return min(values)


def greatest(values: Sequence[Any], _windows: Sequence[int]) -> Any:
    """The greatest of all."""
    return None if None in values else max(values)


def total(values: Sequence[Any], _windows: Sequence[int]) -> Any:
    """The sum of all."""
    return None if None in values else sum(values)


def every(values: Sequence[bool], _windows: Sequence[int]) -> bool:
    """Whether it holds for all."""
    return all(values)


def over_windows(values: Sequence[Any], windows: Sequence[int]) -> Any:
    """The mean over the windows."""
    if None in values:
        return None
    return sum(value * window for value, window in zip(values, windows, strict=True)) / sum(windows)


def middle_of_known(values: Sequence[Any], _windows: Sequence[int]) -> Any:
    """The median of those who know it, the lower of two."""
    known = [value for value in values if value is not None]
    return median_low(known) if known else None


def nothing(_values: Sequence[Any], _windows: Sequence[int]) -> None:
    """What has no meaning of the whole."""


def histogram(values: Sequence[Histogram | None], _windows: Sequence[int]) -> Histogram | None:
    """The sum of all."""
    known = [value for value in values if value is not None]
    return Histogram.merged(known) if len(known) == len(values) else None


def occurrences(
    values: Sequence[Mapping[Any, int]], _windows: Sequence[int] = ()
) -> dict[Any, int]:
    """How often each came, without those that never did."""
    sums: Counter[Any] = Counter()
    for value in values:
        sums.update(value)
    return {key: sums[key] for key in sorted(sums) if sums[key]}


def examples(values: Sequence[Mapping[str, str]], _windows: Sequence[int] = ()) -> dict[str, str]:
    """The first of each kind."""
    found: dict[str, str] = {}
    for value in values:
        found |= {kind: text for kind, text in value.items() if kind not in found}
    return found


def few(values: Sequence[tuple[str, ...]], _windows: Sequence[int]) -> tuple[str, ...]:
    """The first of all, so many that they can be read."""
    return tuple(chain.from_iterable(values))[:ERRORS_KEPT]
