"""Whether every lever moves what economics says it should."""
