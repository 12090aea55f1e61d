"""Where a server is."""

import socket
from typing import Any

import httpx
import pytest

from bench.errors import HarnessError, UsageError
from bench.load.net.address import resolve
from tests.load.server import answering, serving


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("http://127.0.0.1", ("127.0.0.1", 80)),
        ("http://[::1]:8000/path?query", ("::1", 8000)),
    ],
)
def test_addresses_are_taken_as_they_are(url: str, expected: tuple[str, int]) -> None:
    """Nothing is asked, nothing connected to."""
    assert resolve(httpx.URL(url)) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_localhost_is_where_somebody_listens(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with two addresses is the one that accepts, whichever comes first."""
    real = socket.getaddrinfo

    def both(name: str, port: int, *rest: Any, **named: Any) -> list[Any]:
        names = ["::1", "127.0.0.1"] if name == "localhost" else [name]
        return [found for each in names for found in real(each, port, *rest, **named)]

    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    monkeypatch.setattr(socket, "getaddrinfo", both)
    with serving(answering(), host) as served:
        port = served.address[1]
        assert resolve(httpx.URL(f"http://localhost:{port}")) == (host, port)


def has_ipv6() -> bool:
    """Tell whether this machine has it."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_a_name_at_which_nobody_listens_is_still_an_address() -> None:
    """The slice then says that it is refused."""
    host, port = resolve(httpx.URL("http://localhost:1"))
    assert host in {"127.0.0.1", "::1"}
    assert port == 1


def test_an_unknown_name_is_reported() -> None:
    """The host is named."""
    with pytest.raises(HarnessError, match=r"the host 'no-such-host.invalid' cannot be resolved"):
        resolve(httpx.URL("http://no-such-host.invalid"))


@pytest.mark.parametrize("url", ["https://127.0.0.1", "ftp://127.0.0.1"])
def test_other_schemes_are_refused(url: str) -> None:
    """TLS is not spoken."""
    with pytest.raises(UsageError, match="only http://"):
        resolve(httpx.URL(url))
