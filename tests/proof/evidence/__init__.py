"""Tests of known answers and estimators."""
