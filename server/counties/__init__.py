"""What the county map shows: measures by county, their differences, and why; all of it without Solara."""
