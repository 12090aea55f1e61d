"""Tests of bench/stats."""
