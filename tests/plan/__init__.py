"""Tests of what a run will do, as data."""
