"""How many processes take requests, by who listens where."""

import pytest

from servers.processes.workers import count


@pytest.mark.parametrize(
    ("parents", "ports", "expected"),
    [
        pytest.param({1: 0}, {1: {80}}, 1, id="one process"),
        pytest.param({1: 0}, {1: {80, 9090}}, 1, id="whose app opens a port too"),
        pytest.param({1: 0, 2: 1}, {1: {80}, 2: {80}}, 1, id="one worker and who started it"),
        pytest.param({1: 0, 2: 1, 3: 1}, {1: {80}, 2: {80}, 3: {80}}, 2, id="two workers"),
        pytest.param({1: 0, 2: 1, 3: 1}, {1: set(), 2: {80}, 3: {80}}, 2, id="of one without"),
        pytest.param({1: 0, 2: 1, 3: 1}, {1: {80}, 2: set(), 3: {80}}, 1, id="and a helper"),
        pytest.param({1: 0, 2: 1}, {1: {80}, 2: {6379}}, 1, id="whose app starts a server"),
        pytest.param(
            {1: 0, 2: 1, 3: 1, 4: 1},
            {1: {80, 9}, 2: {9}, 3: {9}, 4: {80}},
            2,
            id="two workers behind a router",
        ),
        pytest.param({1: 0, 2: 1}, {1: set(), 2: set()}, 0, id="nobody listens"),
    ],
)
@pytest.mark.parametrize("connected", [True, False])
def test_workers_are_counted(
    parents: dict[int, int], ports: dict[int, set[int]], expected: int, *, connected: bool
) -> None:
    """Who only started others, or passes requests on, is none."""
    listening = {pid for pid, own in ports.items() if 80 in own}
    last = {pid for pid in listening if not any(parents[other] == pid for other in listening)}
    assert count(parents, listening, last if connected else (), ports, 80) == expected


def test_processes_of_the_app_are_no_workers() -> None:
    """Those of a pool have inherited the socket, and what was connected when they were made."""
    parents, ports = {1: 0, 2: 1, 3: 1}, {pid: {80} for pid in (1, 2, 3)}
    assert count(parents, (1, 2, 3), (1, 2), ports, 80) == 1
