"""The answer book: questions that people ask, the command that answers each, and what follows."""
