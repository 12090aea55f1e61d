"""Counting instructions."""
