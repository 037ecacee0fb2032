"""How well the start of the model fits the year that it starts from."""
