"""A server that lies to every n-th request over HTTP/3, in the way that the URL names.

GET /LIE/N is answered correctly but for one request in N; GET /committed says how often it has lied
in which way. It is run by `python -m` with PORT CERTFILE KEYFILE, and serves until it is killed.
"""

import sys
from typing import Final

from bench.proof.reference.http3.http3_endpoint import Http3Endpoint, Request, ServedPeer
from bench.proof.reference.http3.http3_frames import answer, path_of
from bench.proof.reference.http3.http3_lies import HTTP3_LIES
from bench.proof.reference.http3.lie_names import Http3Lie
from bench.proof.reference.lie_counts import LieCounts
from bench.proof.reference.null_answer import BODY

_RIGHT: Final = answer(BODY)


class LyingHttp3Server(Http3Endpoint):
    """Once it has said that it goes away, it looks at no request from that one on."""

    def __init__(self, port: int, certfile: str, keyfile: str) -> None:
        """Listen on 127.0.0.1. Raises OSError."""
        super().__init__(port, certfile, keyfile)
        self._counts = LieCounts()
        self._left: dict[ServedPeer, int] = {}  # from which stream on

    def take(self, client: ServedPeer, request: Request, came_ns: int) -> None:  # noqa: ARG002
        """Answer, or lie."""
        stream, data = request
        path = path_of(data)
        told = self._counts.told(path)
        if told is not None:
            client.send(stream, answer(told))
            return
        if stream >= self._left.get(client, stream + 1):
            self._counts.turned_away(path)
            return
        lie = None
        if client in self._left:
            self._counts.answered(path)
        else:
            lie = self._counts.due(path)
        if lie == Http3Lie.GOAWAY_IN_MID_RUN:
            self._left[client] = stream
            self._counts.turned_away(path)
        if lie is None:
            client.send(stream, _RIGHT)
        else:
            HTTP3_LIES[Http3Lie(lie)](client, stream)


if __name__ == "__main__":
    LyingHttp3Server(int(sys.argv[1]), sys.argv[2], sys.argv[3]).serve()
