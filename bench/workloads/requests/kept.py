"""Requests that were found by asking, as a run keeps them, to send the same when it is resumed."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from bench.workloads.requests.plain_request import PlainRequest
from bench.workloads.secrets import is_secret, secret_values, shown_target


def kept(request: PlainRequest, named: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """A request as JSON, without the headers that were named; None: it has a secret."""
    own = [each for each in request.headers if each not in named]
    if (
        any(is_secret(name) for name, _ in own)
        or shown_target(request.target) != request.target
        or secret_values((), "", request.body)
    ):
        return None
    body = None if request.body is None else base64.b64encode(request.body).decode()
    return {"method": request.method, "target": request.target, "headers": own, "body": body}


def read(entry: Mapping[str, Any], named: Sequence[tuple[str, str]]) -> PlainRequest:
    """The request that was kept. Raises KeyError, TypeError, ValueError where it is damaged."""
    own = [(str(name), str(value)) for name, value in entry["headers"]]
    body = None if entry["body"] is None else base64.b64decode(entry["body"], validate=True)
    return PlainRequest(str(entry["target"]), str(entry["method"]), (*named, *own), body)
