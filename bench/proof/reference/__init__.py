"""Reference servers of known behaviour, for finding out what the instrument itself costs."""
