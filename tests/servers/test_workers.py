"""How many processes take requests, by who listens where."""

import pytest

from servers.workers import count


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
def test_workers_are_counted(
    parents: dict[int, int], ports: dict[int, set[int]], expected: int
) -> None:
    """Who only started others, or passes requests on, is none."""
    listening = {pid for pid, own in ports.items() if 80 in own}
    assert count(parents, listening, ports, 80) == expected
