"""Clocks, cores, files, git and tasks: what the program needs of the machine."""
