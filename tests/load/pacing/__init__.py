"""Tests of waking in time."""
