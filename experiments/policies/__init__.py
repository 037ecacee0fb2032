"""Policies against scenarios: named bundles of levers, what each leads to in each world, and what is regretted."""
