"""JSON as all kinds of findings are written: what it is, in which version, then what it says."""

import json
from collections.abc import Mapping


def enveloped(kind: str, version: int, content: Mapping[str, object]) -> dict[str, object]:
    """Put a document into its envelope: `format` and `format_version` come first."""
    return {"format": f"weighbridge.{kind}", "format_version": version, **content}


def as_json(document: Mapping[str, object]) -> bytes:
    """Write a document: UTF-8, indented, no NaN.

    Of a file's name that is not UTF-8 the bytes stand as JSON's escapes, which read back the same.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode(errors="backslashreplace")
