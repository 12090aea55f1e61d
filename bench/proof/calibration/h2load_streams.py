"""h2load speaking HTTP/2 without TLS, with as many streams on each connection as ours has."""

from bench.proof.calibration import h2load

NAME = h2load.NAME
STREAMS = 8  # on each connection
read = h2load.read


def arguments(url: str, connections: int, seconds: int) -> list[str]:
    """One thread, prior knowledge of HTTP/2, for a time."""
    return ["-t1", f"-c{connections}", f"-m{STREAMS}", "-D", str(seconds), url]
