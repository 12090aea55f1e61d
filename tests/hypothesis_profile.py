"""The profile of all property tests; importing it loads it."""

from hypothesis import settings

# a busy machine is no fault of the code: the number of examples bounds the time
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
