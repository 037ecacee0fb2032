"""Targets: the value of a lever or parameter at which an outcome reaches a figure."""
