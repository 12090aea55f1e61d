"""Tests of the experiment around the load generator."""
