"""Tests of bench/calibration."""
