"""Who decides: carriers, Amazon, USPS and shippers, and what they decide with. Imports no other floor."""
