"""Pages that a person would send to a colleague: one file each, with figures, tables and where it all comes from."""
