"""Figures as people read them: three significant digits, no exponent, and their interval."""

from math import inf

import pytest

from bench import formatting
from bench.facts.load import Arrivals, Load, Mode
from bench.stats.estimate import Estimate


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("0.00", 0.0),
        ("0.412", 0.41234),
        ("10.0", 9.996),
        ("1.00", 0.9999),
        ("99.9", 99.94),
        ("100", 99.96),
        ("412", 412.3),
        ("12,300", 12345.0),
        ("1,000", 999.7),
        ("0.0000123", 1.234e-5),
        ("1,230,000", 1.234e6),
        ("-0.412", -0.4123),
        ("∞", inf),
    ],
)
def test_numbers_have_three_significant_digits(expected: str, value: float) -> None:
    """A number is rounded to three significant digits and never written with an exponent."""
    assert expected == formatting.number(value)


@pytest.mark.parametrize(
    ("expected", "estimate"),
    [
        ("0.412 (0.405 to 0.420)", Estimate(0.412, 0.405, 0.42)),
        ("2.31 (2.25 to 2.40)", Estimate(2.312, 2.2513, 2.3999)),
        ("12,300 (11,900 to 12,800)", Estimate(12345, 11910, 12800)),
        ("9.88 (9.33 to 10.47)", Estimate(9.88, 9.33, 10.47)),
        ("0.412 (no interval)", Estimate(0.412)),
    ],
)
def test_a_figure_has_its_interval_with_it(expected: str, estimate: Estimate) -> None:
    """Bounds have the places of their figure; a figure without interval says so."""
    assert formatting.spoken(estimate) == expected


@pytest.mark.parametrize(
    ("expected", "estimate"),
    [
        (False, Estimate(82.6)),
        (False, Estimate(0.0, 0.0, 0.0)),
        (False, Estimate(3.0, 1.0, 10.0)),
        (True, Estimate(3.0, 1.0, 10.1)),
        (True, Estimate(82.6, 0.0, 364_108.8)),
        (True, Estimate(0.01, -0.01, 0.03)),
    ],
)
def test_an_interval_may_be_too_wide_for_any_digit(expected: bool, estimate: Estimate) -> None:  # noqa: FBT001
    """From a factor of ten on; a share that is 0 throughout is known well."""
    assert formatting.vague(estimate) is expected


def test_digits_that_mean_nothing_are_not_written() -> None:
    """Words stand in their place, and in a sentence the bound, if it shows a difference."""
    assert (
        formatting.figure(Estimate(82.6, 0.0, 364_108.8)) == "not known to within a factor of ten"
    )
    assert formatting.spoken(Estimate(30.0, 5.0, 180.0)) == "at least 5.00"
    assert formatting.spoken(Estimate(0.03, 0.005, 0.2)) == "at most 0.200"
    assert formatting.spoken(Estimate(1.3, 3.81e-14, 4e13)) == formatting.VAGUE
    assert formatting.spoken(Estimate(0.9, 0.01, 98.6)) == formatting.VAGUE


def test_what_is_absent_is_empty() -> None:
    """No estimate is no text, never a 0."""
    assert formatting.figure(None) == ""


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("3.1%", 0.0312),
        ("a factor of 2.5", 1.5),
        ("a factor of ten or more", 100.0),
        ("any factor", inf),
    ],
)
def test_large_differences_are_factors(expected: str, value: float) -> None:
    """Below a factor of two a difference is a percentage."""
    assert formatting.share(value) == expected


@pytest.mark.parametrize(
    ("expected", "low", "high"),
    [
        ("3.1%", 0.0312, 0.0314),
        ("3.1\N{EN DASH}4.0%", 0.031, 0.04),
        ("81.2% to a factor of ten or more", 0.812, 100.0),
        ("a factor of 2.5 to ten or more", 1.5, 100.0),
        ("a factor of 2.5 to 3.5", 1.5, 2.5),
        ("50.0% to a factor of ten or more", 0.5, inf),
        ("a factor of ten or more", 100.0, inf),
    ],
)
def test_a_range_of_differences_reads_like_one(expected: str, low: float, high: float) -> None:
    """Percentages are joined by a dash, words by a word, and nothing is said twice."""
    assert formatting.shares(low, high) == expected


@pytest.mark.parametrize(
    ("expected", "smallest"),
    [
        ("only differences of more than 3.1% could have been shown", 0.0312),
        ("only differences of more than a factor of 2.5 could have been shown", 1.5),
        ("only differences of more than a factor of ten could have been shown", 100.0),
        ("no difference could have been shown", inf),
    ],
)
def test_what_could_have_been_shown(expected: str, smallest: float) -> None:
    """What a tie is worth, at any size."""
    assert formatting.showable(smallest) == expected


@pytest.mark.parametrize(
    ("expected", "width"),
    [
        ("known to within 3.1%", 0.0312),
        ("known to within a factor of 3.7", 2.7),
        ("not known to within a factor of ten", 100.0),
        ("not known to within a factor of ten", inf),
    ],
)
def test_how_well_a_ratio_is_known(expected: str, width: float) -> None:
    """In words that go on from "is"."""
    assert formatting.known_to(width) == expected


@pytest.mark.parametrize(
    ("expected", "names"),
    [("a", ["a"]), ("a and b", ["a", "b"]), ("a, b and c", ["a", "b", "c"])],
)
def test_names_are_joined(expected: str, names: list[str]) -> None:
    """A list of names reads like one in a sentence."""
    assert formatting.listing(names) == expected


@pytest.mark.parametrize(
    ("expected", "load"),
    [
        ("2,400 requests/s", Load(Mode.OPEN, 32, 2400.0, Arrivals.POISSON)),
        ("12.5 requests/s", Load(Mode.OPEN, 32, 12.5)),
        ("32 connections", Load(Mode.CLOSED, 32)),
        ("1 connection", Load(Mode.CLOSED, 1)),
    ],
)
def test_a_load_is_told_in_its_own_unit(expected: str, load: Load) -> None:
    """Open loop is a rate, closed loop a number of connections."""
    assert formatting.load_in_words(load) == expected


@pytest.mark.parametrize(
    ("expected", "load"),
    [
        (", plus 44.0 ms of think time on average", Load(Mode.CLOSED, 32)),
        (", over connections that have waited 44.0 ms of think time", Load(Mode.OPEN, 32, 5.0)),
    ],
)
def test_think_time_is_told_with_the_loop(expected: str, load: Load) -> None:
    """Throughput depends on it."""
    assert expected in formatting.loop_in_words(load, 0.044)
    assert "think" not in formatting.loop_in_words(load)
    assert (
        formatting.load_in_words(load, 0.5)
        == f"{formatting.load_in_words(load)}, think time 500 ms"
    )


def test_control_characters_from_outside_are_gone() -> None:
    """An escape sequence or a change of direction in a name reaches no terminal."""
    assert formatting.clean("a\x1b[31mb\u202ec\nd") == "a [31mb c\nd"


@pytest.mark.parametrize(
    ("expected", "value"), [(None, None), (None, inf), (0.123457, 0.12345678), (1.23457e6, 1234567)]
)
def test_files_have_six_significant_digits(expected: float | None, value: float | None) -> None:
    """What programs read is rounded where no noise reaches; what is not finite is absent."""
    assert formatting.rounded(value) == expected
