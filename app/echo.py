"""What a WebSocket message is answered with: the item that it holds, or what is wrong with it."""

import json
from typing import Any

from pydantic import ValidationError

from app.bodies import too_many_fields
from app.errors import ErrorBody, faults_message, unreadable
from app.models import ItemIn


def answer(text: str) -> str:
    """Return the item as JSON, or an error in the one shape, in the words of a `POST`."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return error_of(faults_message([_syntax_fault(error)]))
    except (RecursionError, ValueError) as error:
        return error_of(unreadable(error))
    if complaint := too_many_fields(value):
        return error_of(complaint)
    try:
        return ItemIn.model_validate(value).model_dump_json()
    except ValidationError as error:
        faults: list[Any] = error.errors(include_url=False)
        return error_of(faults_message([f | {"loc": ("body", *f["loc"])} for f in faults]))


def error_of(message: str) -> str:
    """Return an error as it travels."""
    return ErrorBody(detail=message).model_dump_json()


def _syntax_fault(error: json.JSONDecodeError) -> dict[str, Any]:
    """Describe it as the framework describes that of a body."""
    place = ("body", error.pos)
    return {"type": "json_invalid", "loc": place, "input": {}, "ctx": {"error": error.msg}}
