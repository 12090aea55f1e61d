"""The preallocated memory of a slice."""

import numpy as np
import pytest

from bench.domain import Outcome
from bench.load.samples import OUTCOMES, Code, Samples


def test_reset_forgets_everything() -> None:
    """Nothing of a long slice is seen in a shorter one after it."""
    samples = Samples(10)
    samples.used = 8
    for slot in range(8):
        samples.due[slot] = samples.sent[slot] = samples.done[slot] = 7
        samples.code[slot] = Code.OK
    samples.note("an error")
    samples.reset()
    assert (samples.used, samples.errors) == (0, [])
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
