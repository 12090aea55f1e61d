"""What clients of plain HTTP do without: certificates, which take longer to load than to ask."""

import ssl
from typing import Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For `verify` of an httpx client: by default each client loads all certificates, for 50 ms."""
