"""Whether a head is worse than its base: two sides of one run, and a verdict that CI can act on."""
