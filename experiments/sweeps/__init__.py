"""Sweeps: the runs of a design, on many processes, into a store that loses nothing."""
