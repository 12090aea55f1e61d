"""When runs were started, as far as it can be read."""

import pytest

from bench.analysis.several_runs.dates import date, moment


@pytest.mark.parametrize(
    "text", ["long ago", "", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"]
)
def test_what_is_no_date_is_shown_as_it_stands(text: str) -> None:
    """A year that UTC does not have is none."""
    assert moment(text) is None
    assert date(text) == text


def test_dates_are_shown_in_utc() -> None:
    """To the minute."""
    assert date("2026-01-02T03:04:05+01:00") == "2026-01-02 02:04"
