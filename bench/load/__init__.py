"""The load generator: arrivals, connections, the two loops, and verification of every answer."""
