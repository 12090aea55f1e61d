"""Charts, SVG and PNG: a set for each workload.

matplotlib takes a second to import: `chart` does without it, all other modules here need it.
"""
