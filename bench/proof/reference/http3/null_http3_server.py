"""A server that does nothing, over HTTP/3: every request gets one and the same right answer.

It is run by `python -m` with PORT CERTFILE KEYFILE, and serves one core until it is killed.
"""

import sys
from typing import Final

from bench.proof.reference.http3.http3_endpoint import Http3Endpoint, Request, ServedPeer
from bench.proof.reference.http3.http3_frames import answer
from bench.proof.reference.null_answer import BODY

RESPONSE: Final = answer(BODY)


class NullHttp3Server(Http3Endpoint):
    """It does not look at what is asked."""

    def take(self, client: ServedPeer, request: Request, came_ns: int) -> None:  # noqa: ARG002
        """Answer."""
        client.send(request[0], RESPONSE)


if __name__ == "__main__":
    NullHttp3Server(int(sys.argv[1]), sys.argv[2], sys.argv[3]).serve()
