"""Whether an app can be imported in a server's environment, and what it misses where it cannot."""
