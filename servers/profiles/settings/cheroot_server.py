"""Start cheroot with 16 threads, and as the other servers are set.

cheroot_server.py MODULE:ATTRIBUTE HOST PORT, run by the interpreter of cheroot's environment. It
ends at SIGTERM, when what is in flight is answered.
"""

# ruff: noqa: INP001
# A program beside the profiles, and no module of a package.

import functools
import importlib
import signal
import sys
from typing import NoReturn

from cheroot import wsgi

THREADS = 16
BACKLOG = 2048
KEEP_ALIVE_S = 75
CONNECTIONS = 2048  # that may be idle; beyond, each is closed after its answer


def main() -> None:
    """Serve until SIGTERM."""
    target, host, port = sys.argv[1:]
    module, _, path = target.partition(":")
    app = functools.reduce(getattr, path.split("."), importlib.import_module(module))
    server = wsgi.Server(
        (host, int(port)),
        app,
        numthreads=THREADS,
        request_queue_size=BACKLOG,
        timeout=KEEP_ALIVE_S,
    )
    server.keep_alive_conn_limit = CONNECTIONS
    signal.signal(signal.SIGTERM, _leave)
    try:
        server.safe_start()
    finally:
        server.stop()


def _leave(*_: object) -> NoReturn:
    raise SystemExit


if __name__ == "__main__":
    main()
