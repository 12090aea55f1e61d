"""A stream whose answer comes whole, by way of httpx: verified all the same, and not timed."""

import httpx

from bench.load.events.verifying import EventVerifier, ExpectedStream
from bench.load.net.limits import MalformedResponseError
from bench.workload import StreamForm


class WholeStream:
    """What `bench.workload.Answer` asks for, where events are not heard as they come."""

    repeats = False

    def __init__(self, expected: ExpectedStream) -> None:
        """Expect the same events."""
        self.status = expected.status
        self._expected = expected

    def accepts(self, body: bytes) -> bool:
        """Know no body beforehand."""
        del body
        return False

    def fault(self, response: httpx.Response) -> str | None:
        """Verify all events; of chunks, nothing is left to be seen."""
        if self._expected.form is StreamForm.CHUNKS:
            return "httpx does not tell which chunks came: measure this workload with --client wire"
        parser, verifier = self._expected.parser(), EventVerifier(self._expected)
        try:
            events = parser.feed(response.content) + parser.end()
        except MalformedResponseError as error:
            return str(error)
        for event in events:
            verifier.take(event)
            if verifier.over:
                break
        verifier.end()
        return verifier.example[0] if verifier.example else None
