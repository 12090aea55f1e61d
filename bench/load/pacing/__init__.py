"""How the generator keeps time: a timer, a poll that ends at a time, and the choice among ways."""
