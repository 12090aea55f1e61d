"""Reference servers over HTTP/3."""
