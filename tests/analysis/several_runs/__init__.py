"""Tests of runs compared with each other."""
