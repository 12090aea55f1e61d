"""Access logs: what was requested, how often, and when."""
