"""What a server was: its versions, its gate, its launches and how it ended."""

from dataclasses import dataclass, field
from typing import Final

TCP: Final = "TCP"
"""How servers are reached unless something else is said of them."""
HTTP_1_1: Final = "http/1.1"
"""What servers are asked by unless something else is said of them: as all were in older runs."""


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What client and server agreed upon in a TLS handshake, as seen at a launch.

    alpn: the protocol that they chose; None: none. resumed: it was that of an earlier session.
    """

    version: str
    cipher: str
    alpn: str | None
    resumed: bool


@dataclass(frozen=True, slots=True)
class GateTest:
    """One test of the functional suite against one server."""

    name: str
    passed: bool
    message: str = ""  # why it failed: the first lines, as pytest says it
    known_fault: str | None = None  # of the server, in words: it is measured all the same

    @property
    def keeps_out(self) -> bool:
        """Whether a server that fails it is not measured."""
        return not self.passed and self.known_fault is None


@dataclass(frozen=True, slots=True)
class Gate:
    """The proof that one server answers correctly, or why there is none.

    `error` stands for what kept the suite from running at all (the server did not start).
    `skipped` means that the user asked for no gate.
    """

    profile: str
    tests: tuple[GateTest, ...] = ()
    error: str | None = None
    skipped: bool = False

    @property
    def passed(self) -> bool:
        """Whether this server may be measured."""
        if self.skipped:
            return True
        return self.error is None and bool(self.tests) and not any(t.keeps_out for t in self.tests)


@dataclass(frozen=True, slots=True)
class Launch:
    """One fresh process tree of one server: when it was ready and what it weighed."""

    profile: str
    round: int
    startup_ns: int | None  # from the launch to the first right answer; None: not ours to start
    pids: tuple[int, ...]
    pss_idle_bytes: int | None  # proportional set size of the tree, after readiness
    tls: TlsFacts | None = None  # None: it speaks no TLS


@dataclass(frozen=True, slots=True)
class IdleConnections:
    """What a server weighed without a connection, and with so many WebSockets that say nothing."""

    number: int
    without_bytes: int  # proportional set size of the tree
    with_bytes: int


@dataclass(frozen=True, slots=True)
class Drain:
    """How one server ended, and what it weighed after its load."""

    profile: str
    round: int
    pss_loaded_bytes: int | None
    killed: bool  # it did not end by itself within the grace
    failure: str | None = None  # it died or misbehaved before its time
    workers: int | None = None  # processes that took requests, as far as that could be seen
    idle: IdleConnections | None = None  # None: not measured, or no WebSockets were


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What was run under one name: versions and the line that started it."""

    name: str
    title: str
    interface: str
    argv: tuple[str, ...]
    packages: dict[str, str]
    url: str | None = None
    settings: dict[str, str] = field(default_factory=dict)  # of the app; passwords are left out
    bare: str | None = None  # the same server without these settings
    yielded: tuple[str, ...] = ()  # versions that are not the profile's, in words, with the reason
    twin_of: str | None = None  # the same server again, to see what this run's noise looks like
    lacks: tuple[str, ...] = ()  # parts of ASGI that it does not have: "lifespan", "websocket"
    connection: str = TCP  # how it was reached, in words
    protocol: str = HTTP_1_1  # what it was asked by
    speaker: str | None = None  # the same server whatever the protocol; None: none was asked for
    target: str | None = None  # the app as this server imports it; None: it is not started here
    directory: str | None = None  # of its profile: {dir} in its launch line
