"""Tests of bench/across."""
