"""Errors of a server that name it, for where it is named already."""

import pytest

from servers.errors import ConflictError


@pytest.mark.parametrize(
    ("message", "of_itself"),
    [
        ("daphne: no such version", "no such version"),
        ("daphne cannot be installed", "cannot be installed"),
        ("the port is taken", "the port is taken"),
        ("daphne2 is another", "daphne2 is another"),
    ],
)
def test_a_message_without_the_servers_name(message: str, of_itself: str) -> None:
    """Its beginning alone is left out."""
    assert ConflictError(message, server="daphne").of_itself == of_itself
