"""What the bargaining page is shown: negotiations, contracts, and the seat that a visitor may take."""
