"""The token that is borne where the app asks for one: from the environment, never written down."""

import os
import re
from typing import Final

from bench.errors import UsageError

VARIABLE: Final = "WEIGHBRIDGE_TOKEN"
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1


def bearer_header() -> dict[str, str]:
    """Return the header that bears the token; empty without one. Raises UsageError."""
    token = os.environ.get(VARIABLE)
    if token is None:
        return {}
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            f"{VARIABLE} is not a bearer token: set it to the access_token of a token "
            "endpoint, or unset it"
        )
    return {"Authorization": f"Bearer {token}"}
