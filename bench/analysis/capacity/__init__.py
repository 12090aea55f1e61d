"""Capacity: the highest offered rate at which a server holds an SLO; search, facts and report."""
