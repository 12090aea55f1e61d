"""Apps of which the truth is known, through the whole program."""
