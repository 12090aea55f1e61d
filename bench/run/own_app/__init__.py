"""An app of the user's own: how it is found, what it needs, how it is ready, and how it changed."""
