"""Tests of what becomes of samples."""
