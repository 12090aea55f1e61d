"""A small shop: products to look at, and quotes for several of them."""
