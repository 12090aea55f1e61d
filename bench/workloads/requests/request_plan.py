"""Requests that are found by asking a server: what a plan has to offer, and what it comes to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from bench.workloads.requests.plain_request import PlainRequest

if TYPE_CHECKING:  # --help needs no httpx, and shows the options of this
    import httpx

Ask: TypeAlias = "Callable[[PlainRequest], Awaitable[httpx.Response]]"
"""Asks a server; raises ValueError where no answer comes."""


@dataclass(frozen=True, slots=True)
class FoundRequests:
    """What a plan came to.

    left_out: what is not sent, with the reason. unasked: how much more nobody asked for.
    """

    requests: Sequence[PlainRequest]
    left_out: Mapping[str, str]
    unasked: int = 0


class RequestPlan(Protocol):
    """Requests that are known only once a server has answered others."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Those that were named for all of its requests."""

    @property
    def identity(self) -> list[object]:
        """What tells it from other plans."""

    def knowing(self, documents: tuple[str, ...]) -> "RequestPlan":
        """The same, where the app says at which paths its OpenAPI documents are."""

    async def settled(self, ask: Ask) -> FoundRequests:
        """Ask one server, before the load. Raises UsageError where nothing can be found."""
