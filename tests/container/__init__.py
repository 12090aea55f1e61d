"""The container's file: linted, and its steps run as far as they go without an engine."""
