"""How observations are put together: every field says how, and rules keep what is unknown."""

from dataclasses import fields
from typing import Any

import pytest

from bench.facts import combining
from bench.facts.combining import Rule, combination
from bench.facts.slice import Observation


@pytest.mark.parametrize("field", fields(Observation), ids=lambda field: field.name)
def test_every_field_says_how_it_is_put_together(field: Any) -> None:
    """In sequence and in parallel: a new one that does not is found here."""
    assert callable(combination(field).sequence)
    assert callable(combination(field).parallel)


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        (combining.first, [1, 2], 1),
        (combining.last, [1, 2], 2),
        (combining.least, ["b", "a"], "a"),
        (combining.greatest, [1, 3, 2], 3),
        (combining.greatest, [1, None], None),
        (combining.total, [1, 2], 3),
        (combining.total, [1, None], None),
        (combining.every, [True, False], False),
        (combining.over_windows, [1.0, 4.0], 3.0),
        (combining.over_windows, [1.0, None], None),
        (combining.middle_of_known, [5, None, 7, 6], 6),
        (combining.middle_of_known, [None, None], None),
        (combining.nothing, [1, 2], None),
        (combining.occurrences, [{429: 2, 500: 0}, {404: 1, 429: 1}], {404: 1, 429: 3}),
        (combining.examples, [{"429": "a"}, {"429": "b", "404": "c"}], {"429": "a", "404": "c"}),
        (combining.few, [("a", "b", "c"), ("d", "e", "f")], ("a", "b", "c", "d", "e")),
    ],
)
def test_rules(rule: Rule, values: list[Any], expected: object) -> None:
    """Windows are of one and of two seconds."""
    assert rule(values, [1, 2]) == expected
