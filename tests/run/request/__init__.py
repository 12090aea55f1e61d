"""Tests of what a run is asked for."""
