"""A document as bytes for a terminal, as Markdown, and as a page; what it says is decided before.

Each renderer is imported by its own name: a page takes jinja and matplotlib's colours.
"""
