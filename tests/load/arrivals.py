"""A server in a process of its own that notes when each request came, and tells it at the end.

`python arrivals.py` prints its port; when its input ends it prints, as JSON, the path and the time
of every request, ns of CLOCK_MONOTONIC.
"""

import asyncio
import json
import sys
import time

SEEN: list[tuple[str, int]] = []
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Arrivals(asyncio.Protocol):
    """One connection: requests without bodies, one at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to answer by."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Note a request, and answer it."""
        SEEN.append((data.split(b" ", 2)[1].decode(), time.monotonic_ns()))
        self._transport.write(ANSWER)


async def main() -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Arrivals, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    sys.stdout.write(json.dumps(SEEN))


if __name__ == "__main__":
    asyncio.run(main())
