"""Tests of the command line: the commands themselves, and what they end with."""
