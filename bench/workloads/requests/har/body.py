"""Request bodies as recorders write them to a HAR: text, parameters, base64."""

import codecs
from base64 import b64decode
from email.message import Message
from typing import Final
from urllib.parse import quote_plus

from bench.workloads.requests.har.format import HarParameter, HarPostData, HarRequest

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_BOUNDARY: Final = "weighbridge-7f3c9a52d1e84b60"
_DIGITS: Final = 20  # of a length that is one
_LOST: Final = "\N{REPLACEMENT CHARACTER}"  # what recorders write for bytes that are no text


class NotWholeError(ValueError):
    """The body is incomplete in the file: it was too long for the recorder, or not text."""


def body_of(request: HarRequest) -> tuple[bytes | None, str | None]:
    """A request's body and its type; None: it has none, or no type.

    Raises NotWholeError, and ValueError where it is not what it says.
    """
    data, length = request.post_data, _length(request)
    kind = request.header("content-type")
    if data is None or not (data.text or data.params):
        if length or (request.body_size or 0) > 0:
            raise NotWholeError
        return None, kind
    kind = kind or data.mime_type or None
    if not data.text:
        return _form(data.params or [], kind or _FORM)
    body = _of_text(data, data.text, kind)
    if length is not None and length != len(body):
        raise NotWholeError
    return body, kind


def _length(request: HarRequest) -> int | None:
    """The length of the body that was sent, from its header."""
    text = request.header("content-length") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _of_text(data: HarPostData, text: str, kind: str | None) -> bytes:
    if "base64" in {data.encoding, data.own_encoding}:
        try:
            return b64decode(text, validate=True)
        except ValueError:
            raise ValueError("the text of its postData is no base64") from None
    if _LOST in text:
        raise NotWholeError
    message = Message()
    message["Content-Type"] = kind or ""
    charset = message.get_param("charset", "utf-8")
    try:  # in the charset that it was read by
        return text.encode(codecs.lookup(str(charset)).name)
    except (LookupError, ValueError):
        return text.encode()


def _form(fields: list[HarParameter], kind: str) -> tuple[bytes, str]:
    """A form built from its fields, which recorders may write instead of its text."""
    for each in fields:
        if _LOST in (each.value or "") or (each.file_name is not None and not each.value):
            raise NotWholeError  # of files they have but the names
    if not kind.lower().startswith(_MULTIPART):
        pairs = (f"{quote_plus(each.name)}={quote_plus(each.value or '')}" for each in fields)
        return "&".join(pairs).encode(), kind
    parts = b"".join(map(_part, fields))
    return parts + f"--{_BOUNDARY}--\r\n".encode(), f"{_MULTIPART}; boundary={_BOUNDARY}"


def _part(field: HarParameter) -> bytes:
    """A field of a multipart form (RFC 7578)."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(field.name)}"'
    if field.file_name is not None:
        head += f'; filename="{_quoted(field.file_name)}"'
    if field.content_type:
        head += f"\r\nContent-Type: {_quoted(field.content_type)}"
    return f"{head}\r\n\r\n{field.value or ''}\r\n".encode()


def _quoted(text: str) -> str:
    """A name as browsers write it (HTML, multipart form data)."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
