"""A request as frames of HTTP/2."""

from bench.load.http2.frames import Flag, Kind, frame


def header_frames(stream: int, block: bytes, max_frame: int, *, end: bool) -> bytes:
    """A request's header block, in as many frames as the peer's limit demands."""
    pieces = [block[at : at + max_frame] for at in range(0, len(block), max_frame)]
    last = len(pieces) - 1
    return b"".join(
        frame(
            Kind.CONTINUATION if index else Kind.HEADERS,
            (0 if index or not end else Flag.END_STREAM) | (index == last and Flag.END_HEADERS),
            stream,
            piece,
        )
        for index, piece in enumerate(pieces)
    )
