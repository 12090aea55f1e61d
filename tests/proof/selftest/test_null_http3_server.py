"""The server that does nothing over HTTP/3."""

from pathlib import Path

import pytest

from bench.proof.reference.http3 import null_http3_server
from bench.proof.reference.launching import reference_server
from bench.proof.reference.null_answer import BODY
from servers.asking.connecting import http3_connection
from servers.protocol import Protocol

pytestmark = pytest.mark.usefixtures("epoll")


async def test_every_request_gets_the_right_answer(tmp_path: Path) -> None:
    """On any number of connections, with and without a body."""
    async with reference_server(null_http3_server, None, tmp_path, protocol=Protocol.H3) as server:
        clients = [await http3_connection(server.address) for _ in range(3)]
        for client in [*clients, *clients]:
            for body in (b"", b"x" * 5000):
                reply = await client.ask(b"POST", b"/items/1", [], body)
                assert reply.status == 200
                assert (b"content-length", b"%d" % len(BODY)) in reply.headers
                assert b"".join([chunk async for chunk in reply.body()]) == BODY
        for client in clients:
            client.close()
