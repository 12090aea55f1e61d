"""Answers that are streams of events."""
