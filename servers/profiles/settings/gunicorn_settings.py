"""Gunicorn's own settings, none: they stand in its launch line."""
# ruff: noqa: INP001 - a file that gunicorn is given
