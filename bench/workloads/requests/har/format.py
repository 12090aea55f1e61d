"""The parts of a HAR's entries that are read: version 1.2, and what browsers and proxies add.

http://www.softwareishard.com/blog/har-12-spec/; an underscore begins names that are an exporter's.
"""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

_MOST_PLACE: Final = 80  # characters


class _Part(BaseModel):
    """Part of the format: other keys are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", coerce_numbers_to_str=True, frozen=True
    )


class HarPair(_Part):
    """A header or a cookie."""

    name: str
    value: str | None = None


class HarParameter(HarPair):
    """A field of a form. file_name: it is a file, and the value its content."""

    file_name: str | None = None
    content_type: str | None = None


class HarPostData(_Part):
    """A body, as text or as parameters. encoding: base64, where an exporter says so (HAR 1.3)."""

    mime_type: str | None = None
    text: str | None = None
    params: list[HarParameter] | None = None
    encoding: str | None = None
    own_encoding: str | None = Field(None, alias="_encoding")


class HarRequest(_Part):
    """What was sent. body_size: bytes; -1 or None: it is not known."""

    method: str
    url: str
    headers: list[HarPair] | None = None
    cookies: list[HarPair] | None = None
    post_data: HarPostData | None = None
    body_size: float | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header; name: in lower case."""
        pairs = self.headers or ()
        return next((each.value or "" for each in pairs if each.name.lower() == name), None)


class HarContent(_Part):
    """The body of an answer."""

    mime_type: str | None = None


class HarResponse(_Part):
    """The response. status: 0 or None if there was none."""

    status: int | None = None
    content: HarContent | None = None


class HarRecord(_Part):
    """A request and what came of it. resource_type, from_cache: of browsers built on Chromium."""

    request: HarRequest
    response: HarResponse
    resource_type: str | None = Field(None, alias="_resourceType")
    from_cache: Any = Field(None, alias="_fromCache")

    @property
    def media(self) -> str:
        """The media type of the answer's body, in lower case."""
        content = self.response.content
        return (content.mime_type or "").lower() if content else ""


def record_of(entry: Any) -> HarRecord:
    """Parse an entry. Raises ValueError with the first fault, and no value from the file."""
    try:
        return HarRecord.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:_MOST_PLACE]
        message = first["msg"][:1].lower() + first["msg"][1:]
        raise ValueError(f"{where or 'it'}: {message}") from None
