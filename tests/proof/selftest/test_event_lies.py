"""The lying server's streams of events, as httpx reads them."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

import httpx
import pytest

from bench.proof.reference import lying_server
from bench.proof.reference.event_lies import OF_SSE, EventLie
from bench.proof.reference.event_streams import EVENTS, EventForm
from bench.proof.reference.lie_counts import COMMITTED
from tests.proof.selftest.reference_server import PATIENCE_S, running, six_outcomes

RIGHT: Final = [*range(1, EVENTS + 1)]
AT: Final = EVENTS // 2
COMMENT: Final = ": still here\n\n"
LIES: Final = {
    EventLie.MISSING_EVENT: str([each for each in RIGHT if each != AT]),
    EventLie.DOUBLED_EVENT: str(sorted([*RIGHT, AT])),
    EventLie.SWAPPED_EVENTS: str([*RIGHT[: AT - 1], AT + 1, AT, *RIGHT[AT + 1 :]]),
    EventLie.WRONG_EVENT: str([each for each in RIGHT if each != AT]),
    EventLie.ONE_EVENT_TOO_MANY: str([*RIGHT, EVENTS + 1]),
    EventLie.EVENTS_WITHOUT_END: "goes on",
    EventLie.CUT_IN_MID_EVENT: "RemoteProtocolError",
    EventLie.LAST_EVENT_UNENDED: str(RIGHT[:-1]),
    EventLie.STREAM_LEFT_OPEN: "ReadTimeout",
    EventLie.COMMENTS_WITHOUT_END: "goes on",
    EventLie.WRONG_TYPE: "application/json",
    EventLie.COMMENTS_BETWEEN_EVENTS: "right",
    EventLie.EVENTS_BYTE_BY_BYTE: "right",
}


@pytest.fixture(scope="module")
def client(epoll: None) -> Iterator[httpx.Client]:  # noqa: ARG001
    """A lying server of its own process."""
    with running(lying_server) as client:
        yield client


def outcome(client: httpx.Client, path: str, form: EventForm, patience_s: float) -> str:
    """What one stream comes to: the numbers of its events, or how it fails."""
    ends, body = ("\n\n" if form is EventForm.SSE else ""), ""
    timeout = httpx.Timeout(PATIENCE_S, read=patience_s)
    try:
        with client.stream("GET", path, timeout=timeout) as response:
            kind = response.headers["content-type"]
            if form is EventForm.SSE and kind != "text/event-stream":
                return str(kind)
            for text in response.iter_text():
                body += text
                if body.count("known") > 2 * EVENTS or body.endswith(3 * COMMENT):
                    return "goes on"
    except httpx.TransportError as error:
        return type(error).__name__
    numbers = [int(each) for each in re.findall(rf"known answer (\d\d?){ends}", body)]
    return "right" if numbers == RIGHT else str(numbers)


@pytest.mark.parametrize(
    ("form", "lie"),
    [
        (form, lie)
        for form in EventForm
        for lie in EventLie
        if form is EventForm.SSE or lie not in OF_SSE
    ],
)
def test_one_stream_in_three_is_lied_to(
    client: httpx.Client, form: EventForm, lie: EventLie
) -> None:
    """Two of six, and the server owns up to them."""
    before = client.get(COMMITTED).json().get(lie, 0)
    seen = six_outcomes(partial(outcome, client, f"/{lie}/3/{form}", form), LIES[lie])
    after = client.get(COMMITTED).json().get(lie, 0)
    assert after - before == 2
    assert seen == [LIES[lie], "right", "right"] * 2
