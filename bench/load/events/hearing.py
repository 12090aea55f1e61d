"""One answer that is a stream, heard as it comes: its events told apart, verified, written down."""

from typing import Final

from bench.load.events.log import EventLog
from bench.load.events.verifying import EventVerifier, ExpectedStream
from bench.load.http1.wire import Head
from bench.load.net.limits import MalformedResponseError
from bench.workload import StreamForm

_SSE_TYPE: Final = "text/event-stream"


class Hearing:
    """Takes the body of one answer from the reader; see `bench.load.http1.reader.Listener`."""

    __slots__ = ("_expected", "_head_fault", "_log", "_parser", "_slot", "_verifier", "status")

    def __init__(self, slot: int, expected: ExpectedStream, log: EventLog) -> None:
        """Hear the answer to the request in a slot, whose first bytes have been read."""
        self.status = expected.status
        self._expected = expected
        self._parser = expected.parser()
        self._verifier = EventVerifier(expected)
        self._head_fault: str | None = None
        self._slot = slot
        self._log = log

    def begin(self, head: Head) -> None:
        """The head is read; what it says of the body may be no stream."""
        said = {name.lower(): value.decode("latin-1").strip() for name, value in head.headers}
        kind = said.get(b"content-type", "").partition(";")[0].strip().lower()
        coding = said.get(b"content-encoding", "identity").lower()
        chunked = head.length is None and not head.until_close
        if self._expected.form is StreamForm.SSE and kind != _SSE_TYPE:
            self._head_fault = f"expected {_SSE_TYPE}, got {kind!r:.40}"
        elif self._expected.form is StreamForm.CHUNKS and not chunked:
            self._head_fault = "the body is not sent in chunks"
        elif coding not in {"", "identity"}:
            self._head_fault = f"a stream that is encoded ({coding:.40})"

    def feed(self, data: bytes) -> None:
        """Take a piece of the body. Raises MalformedResponseError."""
        self._take(self._parser.feed(data))

    def end_chunk(self) -> None:
        """A chunk has ended. Raises MalformedResponseError."""
        self._take(self._parser.end_chunk())

    def fault(self) -> tuple[str, bytes] | None:
        """The body is whole: what is wrong with the stream, and an event that shows it."""
        self._verify(self._parser.end())
        self._verifier.end()
        self._log.charge(self._slot, self._verifier.faults)
        if self._head_fault is not None:
            return self._head_fault, b""
        return self._verifier.example

    def _take(self, events: list[bytes]) -> None:
        """Verify events that the last read has completed; raises where too many have come."""
        self._verify(events)
        verifier = self._verifier
        if verifier.over:
            verifier.end()
            self._log.charge(self._slot, verifier.faults)
            words = verifier.example[0] if verifier.example else ""
            raise MalformedResponseError(f"a stream that goes on: {words}")

    def _verify(self, events: list[bytes]) -> None:
        verifier, log = self._verifier, self._log
        for event in events:
            if verifier.take(event):
                log.came(self._slot)
            if verifier.over:
                return
