"""Every error leaves through here, as `{"detail": "message"}` with a message to act on."""

import json
import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from app.storage import StoreUnavailableError

logger = logging.getLogger(__name__)

SHOWN_CHARS: Final = 60
"""How much of a value is repeated to the client: enough to recognise it, never megabytes."""
SHOWN_FAULTS: Final = 5
"""How many faults of one request are named."""

_FASTAPI_COULD_NOT_READ: Final = "There was an error parsing the body"
_SUBJECT: Final = re.compile(r"^\w+ should ")
_OWN_WORDS: Final = {
    "missing": "is required",
    "int_parsing": "must be an integer",
    "string_pattern_mismatch": "must be an integer",  # no other pattern is checked
    "int_parsing_size": "has too many digits",
    "extra_forbidden": "is not a known field: remove it or correct its name",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "string_unicode": "must be Unicode text, without half a surrogate pair",
}


class ErrorBody(BaseModel):
    """What every error answers."""

    detail: str


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Describe these errors for OpenAPI."""
    return {s.value: {"model": ErrorBody, "description": s.phrase} for s in statuses}


async def answer_http_error(request: Request, exc: HTTPException) -> Response:
    """Answer what the app or the framework refused on purpose."""
    if exc.detail == _FASTAPI_COULD_NOT_READ:
        # Malformed JSON is a 422: so is a body that fails before its JSON can be judged.
        message = unreadable(exc.__cause__)
        return await _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, message)
    if isinstance(exc.__context__, MultiPartException):  # and so is a form
        message = f"body: is no readable form: {_clipped(exc.detail.rstrip('.'))}"
        return await _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, message)
    headers = exc.headers
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": _allowed(request)}
    return await _answer(request, exc.status_code, _http_message(request, exc), headers)


async def answer_invalid(request: Request, exc: RequestValidationError) -> Response:
    """Answer input that does not validate with a 422 that says what is wrong where."""
    message = faults_message(exc.errors())
    return await _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, message)


async def answer_unavailable(request: Request, exc: StoreUnavailableError) -> Response:
    """Answer that the store cannot do its work now; why it cannot goes to the log."""
    logger.warning("%s %r: %s", request.method, request.scope["path"], exc, exc_info=exc)
    return await _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, str(exc), {"Retry-After": "1"})


async def answer_crash(request: Request, exc: Exception) -> Response:
    """Answer a bug: the traceback goes to the log, the client gets where to find it."""
    reference = uuid4().hex[:12]
    logger.error(
        "%s %r failed, reference %s", request.method, request.scope["path"], reference, exc_info=exc
    )
    message = f"internal error: report it with the reference {reference}, which the log holds too"
    return await _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, message)


HANDLERS: Final[
    dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]
] = {
    HTTPException: answer_http_error,
    RequestValidationError: answer_invalid,
    StoreUnavailableError: answer_unavailable,
    Exception: answer_crash,
}


async def _answer(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    response = await http_exception_handler(request, HTTPException(status, message, headers))
    if request.method == "HEAD":
        # The server would drop it, as it must, but not each one does so silently.
        response.body = b""
    return response


def _http_message(request: Request, exc: HTTPException) -> str:
    path = _clipped(request.scope["path"])
    match exc.status_code, exc.detail:
        case 404, HTTPStatus.NOT_FOUND.phrase:
            return f"{path} does not exist: /docs lists the paths that do"
        case 405, HTTPStatus.METHOD_NOT_ALLOWED.phrase:
            allowed = _allowed(request)
            return f"{_clipped(request.method)} is not allowed on {path}; allowed: {allowed}"
    return str(exc.detail)


def _allowed(request: Request) -> str:
    """Name the methods of a path: of all its routes, where the framework names the first one's."""
    path = request.scope["path"]
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path_regex.match(path):
            methods |= route.methods or set()
    return ", ".join(sorted(methods))


def unreadable(cause: BaseException | None) -> str:
    """Say why JSON could not be read, where it is not its syntax."""
    match cause:
        case UnicodeDecodeError():
            return "body: must be JSON encoded as UTF-8"
        case RecursionError():
            return "body: is nested too deeply"
        case ValueError():
            return "body: holds a number with too many digits"
    return "body: could not be read"


def faults_message(faults: Sequence[Mapping[str, Any]]) -> str:
    """Say what is wrong where, as the validation found it."""
    messages = [_fault_message(fault) for fault in faults[:SHOWN_FAULTS]]
    if more := len(faults) - len(messages):
        messages.append(f"and {more} more")
    return "; ".join(messages)


def _fault_message(fault: Mapping[str, Any]) -> str:
    kind, found = fault["type"], fault["input"]
    if kind == "json_invalid":
        error = fault["ctx"]["error"].removesuffix(" at")  # Python says it of some, not of all
        return f"body: is not JSON: {error} at character {fault['loc'][-1]}"
    if isinstance(found, bytes):
        return "body: must be JSON, sent with the header Content-Type: application/json"
    if kind == "float_type" and isinstance(found, int) and not isinstance(found, bool):
        complaint = "is beyond the largest number"
    else:
        complaint = _OWN_WORDS.get(kind) or _SUBJECT.sub("must ", fault["msg"])
    got = "" if kind in {"missing", "extra_forbidden"} else f" (got {_shown(found)})"
    return f"{_place(fault['loc'])}: {complaint}{got}"


def _place(loc: Sequence[int | str]) -> str:
    """Name the faulty field: `price` for `("body", "price")`, `body` for `("body",)`."""
    place = _clipped(".".join(str(part) for part in loc[1:] or loc))
    return place if place.strip() else f'"{place}"'


def _shown(value: object) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            value = value[: SHOWN_CHARS + 1]
    return _clipped(json.dumps(value, ensure_ascii=False, default=lambda v: type(v).__name__))


def _clipped(text: str) -> str:
    if len(text) > SHOWN_CHARS:
        text = text[:SHOWN_CHARS] + "…"
    # A lone surrogate is valid in a JSON escape and in a Python string, but not in UTF-8.
    return text.encode(errors="backslashreplace").decode()
