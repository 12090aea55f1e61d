"""A harness that opens the generator's process, says its pid, and waits: to be killed by a test."""

import asyncio
import sys

from bench.load.process import load_process


async def main() -> None:
    """Print the pid of the generator's process, and stay."""
    async with load_process(None) as load:
        sys.stdout.write(f"{(await load.pids())[0]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
