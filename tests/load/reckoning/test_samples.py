"""The preallocated memory of a slice."""

import httpx
import numpy as np
import pytest

from bench.facts.slice import Outcome
from bench.load.reckoning.samples import OUTCOMES, Code, Samples, first_line


def test_reset_forgets_everything() -> None:
    """Nothing of a long slice is seen in a shorter one after it."""
    samples = Samples(10)
    samples.used = 8
    for slot in range(8):
        samples.due[slot] = samples.sent[slot] = samples.done[slot] = 7
        samples.code[slot] = Code.OK
    samples.note("reset: an error")
    samples.judged(0, Code.WRONG_STATUS, httpx.Request("GET", "http://h/a"), 200, 404, b"no")
    samples.reset()
    assert (samples.used, samples.errors) == (0, [])
    assert (samples.statuses, samples.examples) == ({}, {})
    samples.used = 10
    for name in ("due", "sent", "done"):
        assert samples.column(name).tolist() == [0] * 10
    assert samples.codes().tolist() == [Code.UNSENT] * 10


def test_a_plan_is_written_down() -> None:
    """As many requests as there are times."""
    samples = Samples(10)
    samples.plan(np.array([5, 6, 7]))
    assert samples.column("due").tolist() == [5, 6, 7]


def test_a_plan_that_is_too_long_is_refused() -> None:
    """Rather than cut off: the load would not be the one that is named."""
    with pytest.raises(ValueError, match="11 requests in a slice; the most is 10"):
        Samples(10).plan(np.zeros(11, dtype=np.int64))


def test_columns_are_copies() -> None:
    """A figure that was read does not change with the next slice."""
    samples = Samples(1)
    samples.used = 1
    before = samples.column("sent")
    samples.sent[0] = 5
    assert before.tolist() == [0]


def test_every_code_is_an_outcome() -> None:
    """And every outcome has a code."""
    assert set(OUTCOMES.values()) == set(Outcome)


def test_a_failure_that_quotes_what_was_sent_is_cut_short() -> None:
    """The first few are kept in words, and journaled."""
    samples = Samples(1)
    samples.note("unexpected " + "y" * 2**20)
    assert [len(error) for error in samples.errors] == [500]


def test_one_failure_of_each_kind_is_reported() -> None:
    """What was asked, the status, and the first line of the body; the first of its kind."""
    samples, request = Samples(9), httpx.Request("GET", "http://h/quote?a=b")
    for slot, body in enumerate((b"\n slow down \nplease", b"later")):
        samples.judged(slot, Code.WRONG_STATUS, request, 200, 429, body)
    samples.judged(2, Code.WRONG_STATUS, request, 200, 500, b"")
    samples.note("GET /quote: no price")
    samples.judged(3, Code.WRONG_BODY, request, 200, 200, b'{"detail": 3}')
    samples.judged(4, Code.OK, request, 200, 200, b"right")
    samples.note("reset: closed by the server")

    assert samples.statuses == {0: 429, 1: 429, 2: 500}
    assert samples.examples == {
        "429": "GET /quote: 429 in place of 200: slow down",
        "500": "GET /quote: 500 in place of 200: an empty body",
        "wrong_body": 'GET /quote: no price; it was 200: {"detail": 3}',
        "reset": "closed by the server",
    }


def test_what_a_check_quotes_is_not_repeated() -> None:
    """Many a check returns the text of the answer."""
    samples, request = Samples(1), httpx.Request("GET", "http://h/quote")
    samples.note('GET /quote: {"detail": 3}')
    samples.judged(0, Code.WRONG_BODY, request, 200, 200, b'{"detail": 3}')
    assert samples.examples == {"wrong_body": 'GET /quote: {"detail": 3}; it was 200'}


def test_kinds_of_failures_are_bounded() -> None:
    """A server may answer each request with another status."""
    samples, request = Samples(900), httpx.Request("GET", "http://h/")
    for status in range(201, 900):
        samples.judged(status, Code.WRONG_STATUS, request, 200, status, b"x" * 10_000)
    assert len(samples.examples) == 8
    assert all(len(example) <= 500 for example in samples.examples.values())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "an empty body"),
        (b" \r\n\r\nhere\r\nthere", "here"),
        (b"\x1f\x8b\x08\x00", "4 bytes that are not text"),
        ("für später".encode(), "für später"),
        (b"y" * 1000, "y" * 160 + "..."),
    ],
)
def test_the_first_line_of_a_body(body: bytes, expected: str) -> None:
    """As far as it can be read."""
    assert first_line(body) == expected
