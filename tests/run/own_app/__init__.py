"""Tests of what a run knows of the user's own app."""
