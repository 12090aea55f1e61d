"""Runs whose workload is a WebSocket: who takes part, and what is refused before any start."""

from dataclasses import replace

import pytest

from bench.errors import UsageError
from bench.facts.load import Client
from bench.run.request.resolve import resolve
from servers.errors import ProfileError
from servers.profile import Lack
from tests.build.options import OPTIONS

WEBSOCKET = replace(OPTIONS, workloads=("get_item", "items_ws"))


def test_servers_are_run_with_websockets_where_a_workload_is_one() -> None:
    """All of the run's, the twin too, and for all of its workloads; else as their profiles say."""
    wanted = resolve(replace(WEBSOCKET, servers="granian,uvicorn,waitress"))
    assert [profile.name for profile in wanted.profiles] == ["granian", "uvicorn"]
    assert all(Lack.WEBSOCKET not in each.lacks for each in wanted.profiles_and_twin)
    assert wanted.left_out == ("waitress has no WebSockets, which workload 'items_ws' needs",)
    assert wanted.settings.message_workloads == ("items_ws",)
    bare = resolve(OPTIONS)
    assert bare.settings.message_workloads is None
    assert all(Lack.WEBSOCKET in each.lacks for each in bare.profiles_and_twin)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (replace(WEBSOCKET, servers="waitress,cheroot"), "none of waitress, cheroot has WebSock"),
        (
            replace(WEBSOCKET, servers="hypercorn", protocols=("h2c",)),
            "'items_ws' is a WebSocket, which is an upgrade of HTTP/1.1: leave out --protocol h2c",
        ),
        (
            replace(WEBSOCKET, client=Client.HTTPX),
            "workload 'items_ws' is a WebSocket, and --client httpx has none: leave out --client",
        ),
    ],
)  # fmt: skip
def test_what_has_no_websockets_is_refused(options: object, said: str) -> None:
    """In one line."""
    with pytest.raises((UsageError, ProfileError)) as refused:
        resolve(options)  # type: ignore[arg-type]
    assert said in str(refused.value)
