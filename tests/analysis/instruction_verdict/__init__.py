"""A verdict by instructions."""
