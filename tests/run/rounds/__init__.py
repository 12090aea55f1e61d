"""Tests of rounds, slices and verdicts."""
