"""Right answers on record: what one server answered is demanded of all."""
