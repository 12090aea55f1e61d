"""Facts in, figures with their intervals, ranks and verdicts out: no I/O, nothing is measured.

Nothing is imported here: who measures needs the figures of a slice, and no statistics.
"""
