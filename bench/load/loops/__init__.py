"""The loops that put a server under load, one slice at a time."""

from bench.load.loops.closed import ClosedLoop
from bench.load.loops.open import OpenLoop

__all__ = ["ClosedLoop", "OpenLoop"]
