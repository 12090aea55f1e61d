"""A network that takes its time: run as `unshare --net python -m tests.load.far_away DELAY_MS`.

In a network namespace of its own, packets to 10.9.0.2 go to a tunnel that ends in this process. It
holds each back for a while, swaps source and destination (which leaves all checksums as they are),
and gives it back: what is sent to 10.9.0.2 arrives at 10.9.0.1 as if it came from far away.

Puts the generator before such a server, and prints what it has seen.
"""

import fcntl
import json
import os
import selectors
import socket
import struct
import sys
import threading
from collections import deque

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.load.generator import Generator
from bench.load.order import Order, Target
from bench.system import clock
from tests.ending import join
from tests.load.server import answering, serving

HERE, THERE = "10.9.0.1", "10.9.0.2"
NAME = b"far0"
_TUNSETIFF, _TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
_SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
_UP_AND_RUNNING = 0x41
_PACKET_BYTES = 65536


def open_tunnel() -> int:
    """Make the tunnel and bring it up; its descriptor. Raises OSError without the rights."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tunnel, _TUNSETIFF, struct.pack("16sH22x", NAME, _TUN_WITHOUT_HEADER))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, address in ((_SIOCSIFADDR, HERE), (_SIOCSIFNETMASK, "255.255.255.0")):
            where = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, request, struct.pack("16s16s8x", NAME, where))
        for name in (NAME, b"lo"):  # by which the kernel reaches addresses of its own
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH22x", name, _UP_AND_RUNNING))
    return tunnel


def swapped(packet: bytes) -> bytes:
    """An IPv4 packet with its source and destination exchanged."""
    return packet[:12] + packet[16:20] + packet[12:16] + packet[20:]


def delay(tunnel: int, delay_ns: int, over: threading.Event) -> None:
    """Give back every packet `delay_ns` after it came, until it is over."""
    held: deque[tuple[int, bytes]] = deque()
    with selectors.DefaultSelector() as selector:
        selector.register(tunnel, selectors.EVENT_READ)
        while not over.is_set():
            until_s = (held[0][0] - clock.monotonic_ns()) / 1e9 if held else 0.05
            if selector.select(max(0.0, until_s)):
                packet = os.read(tunnel, _PACKET_BYTES)
                if packet[0] >> 4 == 4:  # not IPv6, which the kernel tries by itself
                    held.append((clock.monotonic_ns() + delay_ns, swapped(packet)))
            while held and held[0][0] <= clock.monotonic_ns():
                os.write(tunnel, held.popleft()[1])


def main(delay_ms: float, workload: str) -> None:
    """Load a server that is so far away in each direction."""
    tunnel, over = open_tunnel(), threading.Event()
    carrier = threading.Thread(
        target=delay, args=(tunnel, round(delay_ms * 1e6), over), daemon=True
    )
    carrier.start()
    try:
        with serving(answering(), HERE) as served:
            target = Target("far", f"http://{THERE}:{served.address[1]}", workload, seed=1)
            generator = Generator()
            generator.attach(target)
            load = Load(Mode.OPEN, 8, 200.0, Arrivals.POISSON)
            seen = generator.run(Order(target, load, Client.WIRE, 1, 0.1, 0.4, 5.0))
            generator.detach("far")
    finally:
        over.set()
        join(carrier)
    assert seen.response is not None
    facts = {
        "outcomes": seen.outcomes,
        "network_ns": seen.network_ns,
        "response_ns": seen.response.percentile_ns(50),
    }
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
