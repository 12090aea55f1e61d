"""What each command does, once its options are read; returns the exit code."""
