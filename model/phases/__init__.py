"""The phases of a month: each module computes with pure functions and writes the state in one place."""
