"""What comes before any load: environments, the gate, and right answers on record."""
