"""One run: what is wanted, the session, the plan, rounds, slices, judging, resuming."""
