"""Servers that can be measured: what they are, where they live, how they start and stop.

Nothing in here knows the app (a string in a profile) or the instrument that loads it.
"""
