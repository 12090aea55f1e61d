"""HTTP/2 to one server at a time: frames, header blocks, sessions, connections, httpx over them."""
