"""What a run will do, as data: its settings, the order of its slices, how many rounds fit. Pure."""
