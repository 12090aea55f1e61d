"""The report of a search for capacity: facts in, bytes and renderables out; nothing is measured."""

from bench.capacity.report.console import terminal
from bench.capacity.report.files import write

__all__ = ["terminal", "write"]
