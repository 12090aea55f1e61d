"""A connection that speaks HTTP/3, in the hands of asyncio, which keeps its time too."""

import asyncio

from bench.load.http2.shared_channel import SharedChannel
from bench.load.http3.connection import QuicConnection
from bench.load.net.link import ConnectionLostError
from bench.stats.units import NS_PER_S

Pairs = list[tuple[bytes, bytes]]


class QuicChannel(SharedChannel[Pairs]):
    """Exchanges over HTTP/3.

    QUIC sends again what was lost, and acknowledges late: where nothing comes, it is woken when
    its time has. That is asyncio's clock, CLOCK_MONOTONIC, as it is the connection's.
    """

    def __init__(self, connection: QuicConnection) -> None:
        """Watch a connection that is open."""
        self._alarm: asyncio.TimerHandle | None = None
        super().__init__(connection)
        self._quic = connection
        self._settle()

    def _on_readable(self) -> None:
        try:
            for event in self._quic.receive():
                self._on(event)
        except ConnectionLostError as error:
            self._end(error)
        else:
            self._took()

    def _settle(self) -> None:
        super()._settle()
        self._disarm()
        timer_ns = self._quic.timer_ns
        if timer_ns is not None:
            self._alarm = self._loop.call_at(timer_ns / NS_PER_S, self._on_readable)

    def _end(self, error: Exception) -> None:
        self._disarm()
        super()._end(error)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
