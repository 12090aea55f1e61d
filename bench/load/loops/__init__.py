"""The loops that put a server under load, one slice at a time."""

from bench.load.loops.closed import ClosedLoop
from bench.load.loops.closed_streams import ClosedStreams
from bench.load.loops.fresh import ClosedFresh, OpenFresh
from bench.load.loops.messages import ClosedMessages, OpenMessages
from bench.load.loops.open import OpenLoop
from bench.load.loops.open_streams import OpenStreams
from bench.load.loops.quic import ClosedQuic, OpenQuic

__all__ = [
    "ClosedFresh",
    "ClosedLoop",
    "ClosedMessages",
    "ClosedQuic",
    "ClosedStreams",
    "OpenFresh",
    "OpenLoop",
    "OpenMessages",
    "OpenQuic",
    "OpenStreams",
]
