"""What is said of servers that do not answer right."""

from dataclasses import replace

import pytest

from bench.facts.load import Cell
from bench.facts.slice import Outcome
from bench.run.rounds.pilot_messages import no_right_answer
from tests.build.slices import CLOSED, slice_of

CELL = Cell("uvicorn", "get_item", CLOSED)

TOO_SLOW = (
    "; it is too slow for 32 connections: the time limit of a request is 30 s; give fewer "
    "--connections"
)


@pytest.mark.parametrize(
    ("outcomes", "errors", "expected"),
    [
        ({}, (), f"0 of 0 answered correctly (no other{TOO_SLOW})"),
        (
            {Outcome.OK: 3, Outcome.TIMEOUT: 9},
            (),
            f"3 of 12 answered correctly (9 timeout{TOO_SLOW})",
        ),
        ({Outcome.OK: 1345}, (), "1,345 of 1,345 answered correctly (no other)"),
        (
            {Outcome.OK: 2328, Outcome.WRONG_STATUS: 1021},
            ("POST /: got 409", "another"),
            "2,328 of 3,349 answered correctly (1,021 wrong status; first: POST /: got 409)",
        ),
        (
            {Outcome.TIMEOUT: 30, Outcome.CONNECT_FAILED: 2},
            ("timeout: no answer",),
            "0 of 32 answered correctly (30 timeout, 2 connect failed; first: timeout: no answer)",
        ),
    ],
)
def test_what_came_in_place_of_right_answers_is_reported(
    outcomes: dict[Outcome, int], errors: tuple[str, ...], expected: str
) -> None:
    """How many of what, and the first of them in words."""
    warm = [
        slice_of(replace(CELL, profile=name), 1, 0, [1], outcomes=outcomes, errors=errors)
        for name in ("uvicorn", "daphne")
    ]
    assert no_right_answer("mine.py", warm) == (
        "no server responds to workload 'mine.py' well enough to be measured: uvicorn: "
        f"{expected}; daphne: {expected}"
    )


def test_a_limit_of_the_app_is_told_by_its_name() -> None:
    """Nothing can be measured beyond it."""
    seen = slice_of(CELL, 1, 0, [1], outcomes={Outcome.OK: 10, Outcome.WRONG_STATUS: 30})
    said = no_right_answer("mine.py", [replace(seen, statuses={429: 30})])
    assert "10 of 40 answered correctly (30 with status 429" in said
    assert said.endswith("lift the app's rate limit to measure it")


def test_where_no_server_lives_that_is_reported() -> None:
    """There is nothing to say of any."""
    assert no_right_answer("mine.py", []).endswith("to be measured: no server is running")
