"""Briefs to send to a colleague: question, answer, three figures, assumptions, what is not known, how to repeat."""
