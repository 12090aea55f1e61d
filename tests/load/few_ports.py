"""A machine with few ports: run as `unshare --net python -m tests.load.few_ports WANTED`.

In a network namespace of its own, every address has ten ports to connect from. Opens connections to
one server, and prints where they came from, and why there are no more.
"""

import fcntl
import json
import socket
import struct
import sys
from collections import Counter
from pathlib import Path

from bench.facts.run import Pacing
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import Pool
from tests.load.server import answering, serving

PORTS = 10
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 0x41


def few_ports() -> None:
    """Bring loopback up with few ports. Raises OSError without the rights."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", _UP_AND_RUNNING))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    _RANGE.write_text(f"{port + 1} {port + PORTS}", encoding="ascii")


def main(wanted: int) -> None:
    """Open so many connections."""
    with serving(answering()) as served:
        few_ports()
        pool = Pool(served.address, make_poller(Pacing.TIMER))
        error = pool.ready(wanted)
        sources = Counter(each._socket.getsockname()[0] for each in pool.by_fd.values())
        facts = {"sources": sources, "out_of_ports": pool.out_of_ports, "error": str(error)}
        pool.close()
        _RANGE.write_text("32768 60999", encoding="ascii")  # for the server's end to be called
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]))
