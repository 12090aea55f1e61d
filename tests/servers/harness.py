"""A small harness to be killed: it keeps a program that grows a tree, and waits.

harness.py LOG SCRATCH [fork]: with fork, a child of the harness inherits the lifeline.
"""

# ruff: noqa: T201

import asyncio
import os
import signal
import sys
from pathlib import Path

from servers.processes.keeper_client import keep
from tests.servers.tree import TREE


async def main() -> None:
    """Keep the tree until killed."""
    log, scratch, *fork = sys.argv[1:]
    async with keep(TREE, log=Path(log), scratch=Path(scratch)):
        if fork and os.fork() == 0:
            print(os.getpid(), flush=True)
            signal.pause()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
