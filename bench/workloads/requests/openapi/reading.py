"""What --openapi names: a file, or the document that the running app serves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.workloads.requests.files import text_of
from bench.workloads.requests.openapi.document import OPTION, ApiDocument, document
from bench.workloads.requests.openapi.operations import GET, Operation, operations
from bench.workloads.requests.openapi.plan import PLACES, ApiPlan
from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.requests.request_set import RequestSet
from bench.workloads.requests.targets import place
from bench.workloads.requests.told import told
from bench.workloads.secrets import shown_target

_LABEL: Final = "openapi"
_URL: Final = ("/", "http://", "https://")


def openapi(
    named: str, headers: Sequence[tuple[str, str]] = (), *, writes: bool = False
) -> RequestSet:
    """The requests of a document, as far as they are known before a server is asked.

    named: a file; where there is none of that name, a path or URL of the app; empty: the app's
    document is looked for. Raises UsageError.
    """
    if not named:
        return _served(OPTION, PLACES, headers, writes=writes)
    path = Path(named)
    if named.startswith(_URL) and not _exists(path):
        source = f"{OPTION} {shown_target(named)[:80]}"
        try:
            return _served(source, (place(named).target,), headers, writes=writes)
        except ValueError as error:
            raise UsageError(f"{source}: {error}") from error
    source = f"{OPTION} {named!r}"
    found = document(text_of(path, OPTION), source)
    plan = ApiPlan(source, found, tuple(headers), writes)
    requests = tuple(_ready(found, headers, writes=writes)) or (PlainRequest("/"),)
    return RequestSet(
        source=source, requests=requests, file=str(path.resolve()), plan=plan, lenient=True
    )


def _served(
    source: str, places: tuple[str, ...], headers: Sequence[tuple[str, str]], *, writes: bool
) -> RequestSet:
    """Of the running app; it is ready when it answers for the document."""
    plan = ApiPlan(source, None, tuple(headers), writes, places)
    asked = PlainRequest(places[0], GET, tuple(headers))
    return RequestSet(source=source, requests=(asked,), name=_LABEL, plan=plan, lenient=True)


def _ready(
    found: ApiDocument, headers: Sequence[tuple[str, str]], *, writes: bool
) -> Iterator[PlainRequest]:
    """What can be sent before anything is known of the app; raises UsageError where nothing can be.

    Whether a server is ready is seen by the first GET.
    """
    every, left_out, unasked = operations(found, writes=writes)
    if not every:
        more = f"; --writes sends {unasked} that write" if unasked else ""
        why = told([f"{name} ({reason})" for name, reason in left_out.items()]) or "it has no GET"
        raise UsageError(f"{found.source} says nothing that can be asked: {why}{more}")
    for each in every:
        request = _given(each, found.base, headers)
        if request is not None:
            yield request


def _given(
    operation: Operation, base: str, headers: Sequence[tuple[str, str]]
) -> PlainRequest | None:
    values = {name: value for name, value in operation.path.items() if value is not None}
    if len(values) < len(operation.path):
        return None
    try:
        return operation.request(base, values, headers)
    except ValueError:
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
