"""Tests of bench/evidence."""
