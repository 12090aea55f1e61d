"""Tests of the connections to a target."""
