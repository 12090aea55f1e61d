"""What stands in deploy/, tested with the real programs."""
