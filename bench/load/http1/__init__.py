"""HTTP/1.1 to one server at a time: bytes, connections, answers, and httpx over them."""
