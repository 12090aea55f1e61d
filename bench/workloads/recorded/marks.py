"""Stand-ins for what differs from server to server, or must not be recorded.

An app may repeat the address that it was asked at, and secrets that it was sent.
"""

import re
from dataclasses import dataclass
from typing import Final

_ORIGIN: Final = "\ufdd0"
_HOST: Final = "\ufdd1"
_FIRST_SECRET: Final = 0x10F000
_MOST_SECRETS: Final = 0xFFE
_ANY: Final = re.compile("[\ufdd0-\ufdef\U0010f000-\U0010fffd]")
"""What is no character, and the end of the last plane of private use: no text has them."""


def has_marks(text: str) -> bool:
    """Whether a stand-in is in a text."""
    return _ANY.search(text) is not None


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one request to one server. origin: http://host:port. secrets: that are in the request."""

    origin: str
    host: str
    secrets: tuple[str, ...] = ()

    def put(self, text: str) -> str:
        """A text of an answer with stand-ins."""
        text = _ANY.sub("", text)
        for number, secret in enumerate(self.secrets[:_MOST_SECRETS]):
            text = text.replace(secret, chr(_FIRST_SECRET + number))
        return text.replace(self.origin, _ORIGIN).replace(self.host, _HOST)

    def taken(self, text: str) -> str:
        """A text with stand-ins as this server would write it."""
        if not has_marks(text):
            return text
        text = text.replace(_ORIGIN, self.origin).replace(_HOST, self.host)
        for number, secret in enumerate(self.secrets[:_MOST_SECRETS]):
            text = text.replace(chr(_FIRST_SECRET + number), secret)
        return text
