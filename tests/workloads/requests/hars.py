"""Entries of HARs as browsers and proxies write them."""

import json
from pathlib import Path
from typing import Any


def entry(
    url: str,
    method: str = "GET",
    status: int = 200,
    *,
    media: str = "application/json",
    headers: dict[str, str] | list[tuple[str, str]] | None = None,
    **request: Any,
) -> dict[str, Any]:
    """One entry; `request`: what else stands in its request, or with an underscore beside it."""
    pairs = headers.items() if isinstance(headers, dict) else headers or ()
    beside = {key: request.pop(key) for key in list(request) if key.startswith("_")}
    return {
        "startedDateTime": "2026-11-29T10:00:00.000Z",
        "time": 12.5,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "http/2.0",
            "headers": [{"name": name, "value": value} for name, value in pairs],
            "queryString": [],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
            **request,
        },
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": [],
            "cookies": [],
            "content": {"size": 0, "mimeType": media, "text": ""},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 1, "receive": 0},
        **beside,
    }


def document(*entries: Any) -> dict[str, Any]:
    """A HAR of these entries."""
    return {"log": {"version": "1.2", "creator": {"name": "x"}, "pages": [], "entries": entries}}


def written(folder: Path, *entries: Any) -> Path:
    """A HAR in a file."""
    path = folder / "shop.har"
    path.write_text(json.dumps(document(*entries)), encoding="utf-8")
    return path
