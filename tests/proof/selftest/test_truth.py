"""The exact server's books, and what response times must have been by them."""

import numpy as np
import pytest

from bench.proof.selftest.server_record import (
    AnswerTimes,
    ServerRecord,
    measured,
    response_times,
    shortest_times,
)
from tests.build.traces import BEGIN, MS, US, WAY, every, recorded

NO_LABELS = np.zeros(3, dtype=np.int64)


def books_of(answered: int, came: list[int], left: list[int]) -> ServerRecord:
    """Books of requests that were taken as they came, and have no labels."""
    return ServerRecord(answered, came, left, list(range(len(came))), [0] * len(came))


def test_each_request_finds_its_entry_in_whatever_order_answers_left() -> None:
    """The second came second, and was answered first; the third was sent from an earlier slot."""
    books = ServerRecord(3, came=[21, 11, 31], left=[25, 90, 39], turn=[1, 0, 2], label=[0] * 3)
    found = books.of(np.array([10, 30, 20]), NO_LABELS)
    assert found is not None
    assert found.came.tolist() == [11, 31, 21]
    assert found.took.tolist() == [79, 8, 4]
    assert found.turn.tolist() == [0, 2, 1]


def test_requests_with_labels_find_their_entries_whatever_the_kernel_says() -> None:
    """The first and the third came together over one connection: it tells when the last did.

    The server took the second before them. None of them came later than the next was sent.
    """
    books = ServerRecord(3, came=[21, 31, 31], left=[40, 50, 60], turn=[0, 1, 2], label=[8, 7, 9])
    found = books.of(np.array([10, 20, 30]), np.array([7, 8, 9]))
    assert found is not None
    assert found.left.tolist() == [50, 40, 60]
    assert found.came.tolist() == [20, 21, 31]
    assert found.as_stamped.came.tolist() == [31, 21, 31]
    assert found.turn.tolist() == [1, 0, 2]


def test_requests_in_one_datagram_came_when_that_did() -> None:
    """The kernel stamps each: that the next was sent before says nothing."""
    books = ServerRecord(2, came=[31, 31], left=[40, 50], turn=[0, 1], label=[7, 8])
    found = books.of(np.array([10, 20]), np.array([7, 8]), packed=True)
    assert found is not None
    assert found.came.tolist() == [31, 31]


def test_a_label_that_was_not_sent_is_of_another_load() -> None:
    """Nothing is held against such books."""
    books = ServerRecord(1, came=[11], left=[12], turn=[0], label=[8])
    assert books.of(np.array([10]), np.array([7])) is None


@pytest.mark.parametrize(
    ("books", "sent"),
    [
        (books_of(1, [11], [12]), [10, 20]),
        (books_of(3, [11, 21, 31], [12, 22, 32]), [10, 20]),
        (books_of(3, [11, 21], [12, 22]), [10, 20]),
        (books_of(2, [11, 21], [12, 22]), [10, 0]),
    ],
    ids=["one is missing", "one too many", "no room", "unsent"],
)
def test_books_of_other_requests_are_no_truth(books: ServerRecord, sent: list[int]) -> None:
    """Nothing is held against them."""
    assert books.of(np.array(sent), NO_LABELS[: len(sent)]) is None


def test_a_request_waits_until_all_but_so_many_before_it_are_answered() -> None:
    """Two connections: the third waits for the first answer, the fourth for none."""
    answers = AnswerTimes(
        came=np.array([1, 2, 50, 70]), left=np.array([60, 49, 55, 75]), turn=np.arange(4)
    )
    found = response_times(np.array([1, 2, 3, 70]), answers, connections=2)
    assert found.tolist() == [59, 47, 46 + 5, 5]


def test_whichever_connection_a_request_goes_by_it_has_waited_for_the_next_answer() -> None:
    """Two connections: the third and the fourth wait, and may have changed places."""
    answers = AnswerTimes(
        came=np.array([1, 2, 62, 61, 90]), left=np.array([60, 50, 63, 64, 95]), turn=np.arange(5)
    )
    since = np.array([1, 2, 3, 4, 90])
    assert response_times(since, answers, connections=2).tolist() == [59, 48, 47 + 1, 56 + 3, 5]
    assert shortest_times(since, answers, connections=2).tolist() == [59, 48, 47 + 1, 46 + 3, 5]


def test_a_time_ends_at_the_stamp_or_when_the_answer_was_read() -> None:
    """Where the kernel stamped none, the client's delay is part of it."""
    due = every(1, 10)
    for stamped, own in ((True, 0), (False, 300 * US)):
        seen = recorded(due, 2 * MS, delay=300 * US, stamped=stamped)
        assert set(measured(seen.trace)) == {2 * MS + 2 * WAY + own}


def test_books_fit_the_load_that_they_are_of() -> None:
    """As the server gives them, by the names that it uses."""
    seen = recorded(every(1, 5), np.array([9, 1, 1, 1, 1]) * MS)
    assert seen.answers is not None
    assert (seen.answers.took // MS).tolist() == [9, 1, 1, 1, 1]
    assert int(seen.answers.came[0]) == BEGIN + WAY
