"""Results as tables for a spreadsheet: numbers in the units that a terminal shows, headings in words."""
