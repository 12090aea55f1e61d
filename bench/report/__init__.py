"""Records in, bytes and renderables out: nothing here measures, starts or times anything."""

from bench.report.console import terminal
from bench.report.files import write

__all__ = ["terminal", "write"]
