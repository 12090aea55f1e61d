"""What is said of the time of a run."""

import pytest

from bench.progress.words import Countdown, known_in_words


@pytest.mark.parametrize(
    ("spent_s", "said"),
    [
        (0.0, "1:00 left"),
        (59.8, "0:00 left"),
        (60.6, "0:00 left"),
        (75.0, "0:15 over the budget"),
        (260.0, "3:20 over the budget"),
    ],
)
def test_a_budget_that_is_spent_is_not_said_to_last(spent_s: float, said: str) -> None:
    """A round that has begun is finished, however long its requests take."""
    assert str(Countdown(60.0, spent_s)) == said


def test_a_budget_that_was_exceeded_stays_so() -> None:
    """When a round ends and nothing is left; a later round counts from the same budget."""
    countdown = Countdown(60.0, 66.0)
    countdown.known(0.0)
    assert known_in_words(2, {}, countdown).endswith("; 0:06 over the budget")
    countdown = Countdown(60.0, 40.0)
    countdown.known(0.0)
    assert known_in_words(5, {}, countdown).endswith("; 0:00 left")
