"""Runs against each other: two compared, many as a history. Facts in, tables and files out.

What is said here is of runs made at different times, with all that a machine does in between;
`bench.summary` is about one run. Nothing is measured or started.
"""
