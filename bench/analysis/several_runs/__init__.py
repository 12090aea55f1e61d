"""Runs against each other: two of them compared, and many as a history."""
