"""Cases of which a few are tried every day, and the others, which prove the same, with -m long."""

from collections.abc import Collection, Mapping

import pytest


def few_of(cases: Mapping[str, object], everyday: Collection[str]) -> list[object]:
    """Parameters of a test, by their names."""
    assert set(everyday) <= set(cases)
    return [
        pytest.param(case, id=name, marks=() if name in everyday else pytest.mark.long)
        for name, case in cases.items()
    ]
