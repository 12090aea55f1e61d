"""What is shown of a run while it goes on: to people on a terminal or elsewhere, and to programs.

Nothing here draws by itself: a display changes between two slices, so that it costs none of them.
"""
