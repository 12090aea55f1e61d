"""Access logs: what was asked for, how often, and when."""
