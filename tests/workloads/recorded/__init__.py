"""Right answers on record."""
