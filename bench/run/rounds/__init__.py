"""Rounds: servers alive together, loaded slice by slice, and each slice judged."""
