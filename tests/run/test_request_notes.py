"""What a report says of requests that were read or found."""

import pytest

from bench.facts.run import RequestNotes
from bench.report.notes import sentence
from bench.run.before_load.request_notes import request_notes
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet

SOURCE = "--har 'shop.har'"


@pytest.mark.parametrize(
    ("notes", "left_out", "said"),
    [
        ((), {}, None),
        ((f"{SOURCE}: 1 of 3 entries is sent",), {}, ("1 of 3 entries is sent",)),
        (
            (),
            {"GET /a": "404 Not Found", "GET /b": "no example"},
            ("1 request, 2 left out: GET /a (404 Not Found); GET /b (no example)",),
        ),
        (
            (f"{SOURCE}: 9 of cdn.test",),
            {f"GET /{n}": "500" for n in range(8)},
            (
                "9 of cdn.test",
                (
                    "1 request, 8 left out: GET /0 (500); GET /1 (500); GET /2 (500); "
                    "GET /3 (500); GET /4 (500); GET /5 (500); and 2 more"
                ),
            ),
        ),
    ],
)
def test_what_is_not_sent(
    notes: tuple[str, ...], left_out: dict[str, str], said: tuple[str, ...] | None
) -> None:
    """What was left out when they were read and when they were answered; else there is no note."""
    found = RequestSet(source=SOURCE, requests=(PlainRequest("/"),), notes=notes, left_out=left_out)
    expected = None if said is None else RequestNotes("shop", said)
    assert request_notes("shop", found) == expected


def test_its_sentence() -> None:
    """It names the workload."""
    note = RequestNotes("shop", ("2 of 3 entries are sent", "1 request, 1 left out: GET /a (404)"))
    assert sentence(note) == (
        "Requests of workload 'shop': 2 of 3 entries are sent; 1 request, 1 left out: GET /a (404)."
    )
