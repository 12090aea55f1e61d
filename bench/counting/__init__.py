"""Counting what a server executes for a request: a figure that the machine's noise cannot move."""
