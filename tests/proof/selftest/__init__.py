"""Tests of the self-test: that it passes what is right and fails what is wrong."""
