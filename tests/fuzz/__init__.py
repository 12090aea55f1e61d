"""Input from people, mutated: each gets its answer or one clear line."""
