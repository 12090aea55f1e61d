"""The connections to a target: how it is reached, and what is kept from slice to slice."""
