"""Answers that are streams of events: told apart as they come, verified one by one, timed."""
