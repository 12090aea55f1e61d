"""What new connections have shown, as a table."""

from typing import Final

from bench.analysis.model import ConnectionFigures, Section
from bench.figures import OF_CONNECTIONS, Figure
from bench.formatting import number, worded
from bench.report.cells import NONE, counted, estimated
from bench.report.document import Cell, Column, Value

TITLE: Final = "New connections"
_CAPTION: Final = (
    "every request had a connection of its own; first response: from the call of connect() until "
    "the kernel had the response, the client's part of a TLS handshake included; TCP: until the "
    "connection was seen to be open, which the kernel does for a server that has not accepted it "
    "yet; TLS: from then until the kernel had the end of the server's handshake; resumed: TLS "
    "sessions that were those of earlier connections"
)
_SHARE: Final = "resumed_share"
_WEIGHTS: Final = {
    "connection_rate": 112,
    "first_answer_p50_ms": 110,
    "first_answer_p95_ms": 108,
    "handshake_p50_ms": 106,
    _SHARE: 104,
    "first_answer_p99_ms": 102,
    "handshake_p95_ms": 100,
    "connect_p50_ms": 98,
    "connect_p99_ms": 96,
}
"""The lightest goes first where a table has too little room."""


def caption(section: Section) -> str:
    """Say what the table has."""
    return worded(_CAPTION, section.load.sent)


def columns(section: Section) -> tuple[Column, ...]:
    """Shape the table; no columns where connections were kept."""
    known = [
        (row.profile, row.new_connections)
        for row in section.rows
        if row.new_connections is not None
    ]
    if not known:
        return ()
    found = [figures for _, figures in known]
    return (
        Column("server", "", tuple(name for name, _ in known), 120, numeric=False),
        Column("opened", "", tuple(counted(each.connections) for each in found), 80),
        *(_column(figure, found) for figure in OF_CONNECTIONS if _any(figure, found)),
    )


def _any(figure: Figure, found: list[ConnectionFigures]) -> bool:
    return any(each.get(figure.name) is not None for each in found)


def _column(figure: Figure, found: list[ConnectionFigures]) -> Column:
    if figure.name == _SHARE:
        return Column(figure.title, "%", tuple(map(_percent, found)), _WEIGHTS[_SHARE])
    cells = tuple(estimated(each.get(figure.name)) for each in found)
    return Column(figure.title, figure.unit, cells, _WEIGHTS[figure.name])


def _percent(found: ConnectionFigures) -> Cell:
    """A share is mostly none or all, and then has no interval to speak of."""
    share = found.resumed_share
    if share is None:
        return NONE
    return Value(number(100 * share.value), sort=share.value)
