"""Estimation of a few parameters on the past: history matching, then approximate Bayesian computation."""
