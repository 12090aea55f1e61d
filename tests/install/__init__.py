"""The program where it is installed: what it needs, and what it may be taken for."""
