"""Tests of bench/proof/calibration."""
