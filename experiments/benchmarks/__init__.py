"""How fast the market is, beside other ways to write it, and that a faster one gives the same results."""
