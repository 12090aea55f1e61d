"""A script as it is sent over HTTP/3: the header fields of each request, and its body."""

from collections.abc import Iterable

from bench.load.http2.fields import request_fields
from bench.load.scripts.script import ScriptLine


class FieldLine:
    """One exchange: what its request begins with, and its body. `head`: it is a HEAD."""

    __slots__ = ("body", "fields", "head", "line")

    def __init__(self, line: ScriptLine) -> None:
        """Take what a line sends."""
        self.line = line
        self.body = line.request.content
        self.fields = request_fields(line.request, "https", len(self.body) or None)
        self.head = line.bodiless


class FieldScript:
    """The lines of a script; each once, however often it is sent."""

    def __init__(self) -> None:
        """Have none yet."""
        self._known: dict[ScriptLine, FieldLine] = {}

    def frame(self, line: ScriptLine) -> FieldLine:
        """A line that is sent once: it is not kept."""
        return FieldLine(line)

    def framed(self, lines: Iterable[ScriptLine]) -> list[FieldLine]:
        """The same lines, in the same order."""
        known = self._known
        for line in set(lines) - known.keys():
            known[line] = FieldLine(line)
        return [known[line] for line in lines]
