"""The one right answer of the null server, and of others that need none of their own."""

from typing import Final

BODY: Final = b'{"id":7,"name":"nothing","price":7.0,"in_stock":true}'
RESPONSE: Final = (
    b"HTTP/1.1 200 OK\r\nserver: null\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
