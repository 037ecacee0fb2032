"""What USPS loses, what it does about it, and what universal service costs it."""
