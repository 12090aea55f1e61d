"""How often each wrong status came."""

from bench.facts.slice import Outcome
from bench.load.reckoning.reckon import Window, reckon
from bench.load.reckoning.samples import Code, Samples

WINDOW = Window(1000, 2000)


def test_wrong_statuses_are_counted_where_their_requests_are() -> None:
    """Those of the lead-in are not."""
    samples = Samples(4)
    samples.used = 4
    for slot, due in enumerate((500, 1100, 1200, 1300)):
        samples.due[slot], samples.sent[slot], samples.done[slot] = due, due, due + 5
        samples.code[slot] = Code.WRONG_STATUS
    samples.statuses = {0: 429, 1: 503, 2: 429, 3: 429}
    found = reckon(samples, WINDOW, planned=True)
    assert found.statuses == {429: 2, 503: 1}
    assert found.outcomes == {Outcome.WRONG_STATUS: 3}
