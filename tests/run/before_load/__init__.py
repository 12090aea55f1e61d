"""Tests of what comes before any load."""
