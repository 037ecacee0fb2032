"""Measures of a month that no phase needs to go on: concentration, access, transit, welfare, emissions (ODD 7.12)."""
