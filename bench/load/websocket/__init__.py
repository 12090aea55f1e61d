"""WebSocket to one server at a time: frames, the upgrade, connections, messages."""
