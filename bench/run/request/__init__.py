"""What a run is asked for: options, checked and resolved before any server is started."""
