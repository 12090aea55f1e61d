"""What must hold of a frame by itself."""

from bench.load.http2.frames import Flag, FrameHead, Kind
from bench.load.net.limits import MalformedResponseError


def unpadded(head: FrameHead, payload: bytes) -> bytes:
    """The content of a frame. Raises MalformedResponseError where it is all padding and more."""
    if not head.flags & Flag.PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise MalformedResponseError("a frame with more padding than it is long")
    return payload[1 : len(payload) - payload[0]]


def refuse_other_size(head: FrameHead, length: int) -> None:
    """Raise MalformedResponseError for a frame that has another length than its kind has."""
    if head.length != length:
        name = Kind(head.kind).name
        raise MalformedResponseError(f"a {name} frame of {head.length} bytes, which has {length}")


def refuse_stream(head: FrameHead) -> None:
    """Raise MalformedResponseError for a frame of the connection that names a stream."""
    if head.stream:
        name = Kind(head.kind).name
        raise MalformedResponseError(f"{name} on stream {head.stream}: it is the connection's")
