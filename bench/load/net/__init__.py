"""What every protocol stands on: addresses, sockets, TLS, stamps, and limits of what is read."""
