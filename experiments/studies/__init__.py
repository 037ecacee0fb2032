"""Studies that take minutes: each is one command that writes its part of a page in docs/."""
