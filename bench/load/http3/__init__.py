"""HTTP/3 to one server at a time, by the library qh3: sessions, and connections over UDP."""
