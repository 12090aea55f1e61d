"""Findings as files for programs: CSV, JSON and JUnit, each in an envelope that all kinds share."""
