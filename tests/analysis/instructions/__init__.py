"""Tests of the figures and the gate by instructions."""
