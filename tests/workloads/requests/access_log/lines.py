"""Lines of access logs, made for tests."""

from collections.abc import Iterable

BEGAN_S = 1_795_978_285  # 2026-11-29 18:51:25 UTC


def line(request: str = "GET / HTTP/1.1", status: int = 200, second: int = 0) -> str:
    """A line in the common format, so many seconds after 18:51:00."""
    minute, rest = divmod(second, 60)
    clock = f"18:{51 + minute:02}:{rest:02}"
    return f'1.2.3.4 - - [29/Nov/2026:{clock} +0000] "{request}" {status} 1\n'


def fine(requests: Iterable[tuple[int, str]]) -> str:
    """Lines of nginx in JSON: microseconds after BEGAN_S, and a path, each."""
    return "".join(
        f'{{"msec": {BEGAN_S + us // 10**6}.{us % 10**6:06}, "request": "GET {path} HTTP/1.1", '
        '"status": 200}\n'
        for us, path in requests
    )
