"""The access auction of USPS: lots, what bidders need, the house that clears them, and what awards become."""
